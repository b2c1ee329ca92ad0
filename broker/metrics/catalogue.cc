#include "broker/metrics/catalogue.h"

namespace hookcast::metrics {

std::string Catalogue::Expose() const {
  const Family* const families[] = {
      &connections_accepted,
      &accept_errors,
      &connections,
      &refused,
      &peers_opened,
      &peers,
      &namespaces,
      &topics,
      &subscriptions,
      &messages_received,
      &over_limit,
      &bytes_received,
      &bytes_sent,
      &published,
      &publish_repeats,
      &publish_keys_evicted,
      &delivered,
      &sent,
      &compressed,
      &compressed_bytes,
      &queued_bytes,
      &peers_behind,
      &dropped,
      &hooks_sent,
      &hook_results,
      &hook_retries,
      &hooks_in_flight,
      &events_waiting,
      &hook_seconds,
      &application_in_flight,
      &application_waiting,
      &application_breaker_open,
      &breakers_opened,
      &addresses_ejected,
      &hook_streams,
      &hook_streams_lost,
      &hook_streams_stalled,
      &hook_answers_ignored,
      &auth_refused,
      &watchers,
      &watch_dropped,
      &posts,
      &keepalives_sent,
      &keepalive_timeouts,
      &aged_out,
      &pings_sent,
      &ping_timeouts,
      &close_timeouts,
      &open_descriptors,
      &resident_bytes,
      &uptime_seconds,
      &ready,
  };
  std::string out;
  for (const Family* family : families) family->Expose(&out);
  return out;
}

}  // namespace hookcast::metrics

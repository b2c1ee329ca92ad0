#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/broker_client.h"
#include "cli/message_source.h"
#include "cli/options.h"
#include "cli/pacer.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::cli {

// Publishes the messages of a source, in order and paced. Goes by batches, one at a time: unlike a
// stream's one answer at its end, each batch's answer says at once what became of each message, and
// a link that breaks leaves only the latest batch in doubt. A batch is what is at hand, so that a
// line that stands alone goes alone, at once.
//
// For one use. Thread: any one thread.
class PublishRun {
 public:
  static constexpr int kMostMessages = 256;      // in a batch
  static constexpr size_t kMostBytes = 1 << 20;  // in a batch, unless one message has more

  // `form` is what each message is but for its data. A rate of 0: as fast as they are answered.
  PublishRun(BrokerClient* broker, Terminal* terminal, v1::PublishRequest form, double rate)
      : broker_(broker),
        terminal_(terminal),
        form_(std::move(form)),
        pacer_(rate),
        progress_(terminal) {}

  // Publishes until the source has no more, a stop is requested, or no more can be published.
  // Tells how far it is on terminal.err, and the sum on terminal.out, whatever happens. Errors:
  // failures; messages that reach the answering node alone are counted, and are one failure
  // together at the end, and so are those that are refused.
  absl::Status Run(MessageSource* source, const std::stop_token& stop, OutputFormat output);

 private:
  struct Message {
    uint64_t number;  // from 1
    v1::Data data;
  };
  // Of one message.
  struct Failed {
    uint64_t number;
    absl::Status status;
  };
  // Of messages that the other nodes did not get, or may not have got.
  struct ThisNodeOnly {
    uint64_t local_count = 0;
    uint64_t others_may_have = 0;
    std::optional<Failed> first;
  };

  // Makes the next batch, and waits until its first message is there and due. False: there is
  // nothing after it.
  bool Gather(MessageSource* source, const std::stop_token& stop);
  // Reads into held_. False: there was nothing to read.
  bool Hold(MessageSource* source, const std::stop_token& stop);
  absl::Status PublishBatch();
  void Refuse(uint64_t number, const absl::Status& why);
  void KeepThisNodeOnly(uint64_t number, const v1::PublishResult& result);
  void PrintSum(OutputFormat output, bool stopped) const;
  absl::Status ThisNodeOnlyOnes() const;
  absl::Status RefusedOnes() const;
  std::string WhichFailed(uint64_t count, const Failed& first, const std::string& how) const;

  BrokerClient* const broker_;
  Terminal* const terminal_;
  const v1::PublishRequest form_;
  Pacer pacer_;
  ProgressLine progress_;
  absl::Duration start_;

  v1::PublishBatchRequest batch_;
  std::vector<uint64_t> numbers_;  // of the messages of batch_
  std::optional<Message> held_;    // read, and not yet in a batch
  uint64_t read_ = 0;

  ProgressState state_;
  uint64_t local_count_ = 0;
  uint64_t unanswered_ = 0;  // in the batch of which no answer came
  ThisNodeOnly this_node_only_;
  std::optional<Failed> first_refused_;
};

}  // namespace hookcast::cli

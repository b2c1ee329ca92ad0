#include "cli/publish_run.h"

#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/failure.h"
#include "cli/text.h"
#include "nlohmann/json.hpp"

namespace hookcast::cli {
namespace {

// What a node says of a batch that holds one message too long, or several too many.
bool IsOfTheMessages(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status);
}

std::string Words(const absl::Status& status) {
  if (!status.message().empty()) return std::string(status.message());
  return absl::StatusCodeToString(status.code());
}

nlohmann::ordered_json ToJson(uint64_t number, const absl::Status& status) {
  return {{"number", number},
          {"code", absl::StatusCodeToString(status.code())},
          {"error", Words(status)}};
}

}  // namespace

absl::Status PublishRun::Run(MessageSource* source, const std::stop_token& stop,
                             OutputFormat output) {
  start_ = terminal_->elapsed();
  state_.total = source->total();
  absl::Status ended;
  bool more = true;
  while (more && ended.ok() && !stop.stop_requested()) {
    more = Gather(source, stop);
    if (batch_.messages_size() > 0) ended = PublishBatch();
    state_.took = terminal_->elapsed() - start_;
    progress_.Show(state_);
  }
  progress_.Clear();
  PrintSum(output, stop.stop_requested());
  ended.Update(source->status());
  ended.Update(ThisNodeOnlyOnes());
  ended.Update(RefusedOnes());
  return ended;
}

bool PublishRun::Gather(MessageSource* source, const std::stop_token& stop) {
  batch_.clear_messages();
  numbers_.clear();
  size_t bytes = 0;
  while (batch_.messages_size() < kMostMessages) {
    const bool first = batch_.messages_size() == 0;
    if (!held_) {
      if (!first && !source->Ready()) return true;
      if (!Hold(source, stop)) return false;
      if (!held_) continue;
    }
    const absl::Duration wait = pacer_.Wait(terminal_->elapsed());
    if (wait > absl::ZeroDuration()) {
      if (!first) return true;
      terminal_->wait(wait, stop);
      if (stop.stop_requested()) return false;
      continue;
    }
    bytes += form_.ByteSizeLong() + held_->data.ByteSizeLong();
    if (!first && bytes > kMostBytes) return true;
    v1::PublishRequest* message = batch_.add_messages();
    *message = form_;
    *message->mutable_data() = std::move(held_->data);
    numbers_.push_back(held_->number);
    held_.reset();
    pacer_.Spend(terminal_->elapsed());
  }
  return true;
}

bool PublishRun::Hold(MessageSource* source, const std::stop_token& stop) {
  auto next = source->Next();
  // A stop ends a line where it stands.
  if (!next || stop.stop_requested()) return false;
  ++read_;
  if (next->ok()) {
    held_ = Message{read_, std::move(**next)};
  } else {
    Refuse(read_, next->status());
  }
  return true;
}

absl::Status PublishRun::PublishBatch() {
  const auto response = broker_->PublishBatch(batch_);
  if (!response.ok()) {
    if (ExitCodeOf(response.status()) == ExitCode::kUnreachable) {
      unanswered_ = numbers_.size();
      return response.status();
    }
    for (const uint64_t number : numbers_) Refuse(number, response.status());
    return IsOfTheMessages(response.status()) ? absl::OkStatus() : response.status();
  }
  if (static_cast<size_t>(response->results_size()) != numbers_.size()) {
    unanswered_ = numbers_.size();
    return UnreachableFailure(absl::StrCat("the node answered ", response->results_size(),
                                           " results to ", Count(numbers_.size(), "message")));
  }
  absl::Status ended;
  for (size_t i = 0; i < numbers_.size(); ++i) {
    const v1::PublishResult& result = response->results(static_cast<int>(i));
    if (result.code() == 0) {
      ++state_.published;
      local_count_ += result.local_count();
    } else if (result.outcome() != v1::PublishFailure::OUTCOME_UNSPECIFIED) {
      KeepThisNodeOnly(numbers_[i], result);
    } else if (result.code() == static_cast<uint32_t>(absl::StatusCode::kUnavailable)) {
      ++unanswered_;
      ended.Update(UnreachableFailure(result.error(), "how far the unanswered came is not known"));
    } else {
      Refuse(numbers_[i],
             absl::Status(static_cast<absl::StatusCode>(result.code()), result.error()));
    }
  }
  return ended;
}

void PublishRun::Refuse(uint64_t number, const absl::Status& why) {
  ++state_.refused;
  // One that was not sent is refused before an earlier one's answer has come.
  if (!first_refused_ || number < first_refused_->number) first_refused_ = Failed{number, why};
}

// The node delivered it to its own peers, and the backplane did not take it.
void PublishRun::KeepThisNodeOnly(uint64_t number, const v1::PublishResult& result) {
  ++state_.this_node_only;
  this_node_only_.local_count += result.local_count();
  if (result.outcome() != v1::PublishFailure::OUTCOME_NOT_TAKEN) ++this_node_only_.others_may_have;
  if (!this_node_only_.first) {
    this_node_only_.first = Failed{number, absl::UnavailableError(result.error())};
  }
}

void PublishRun::PrintSum(OutputFormat output, bool stopped) const {
  const double seconds = absl::ToDoubleSeconds(state_.took);
  const double rate = seconds > 0 ? static_cast<double>(state_.published) / seconds : 0;
  if (output == OutputFormat::kTable) {
    terminal_->out << "published " << Count(state_.published, "message")
                   << absl::StrFormat(" in %.2f s, ", seconds) << FormatRate(rate) << "/s";
    if (state_.this_node_only > 0) {
      terminal_->out << "; " << state_.this_node_only << " to peers of this node alone";
    }
    if (state_.refused > 0) terminal_->out << "; " << state_.refused << " refused";
    if (unanswered_ > 0) terminal_->out << "; " << unanswered_ << " unanswered";
    terminal_->out << (stopped ? "; interrupted\n" : "\n");
    return;
  }
  nlohmann::ordered_json this_node_only = {{"messages", state_.this_node_only},
                                           {"localCount", this_node_only_.local_count},
                                           {"othersMayHave", this_node_only_.others_may_have}};
  if (const auto& first = this_node_only_.first) {
    this_node_only["first"] = ToJson(first->number, first->status);
  }
  nlohmann::ordered_json sum = {{"published", state_.published},
                                {"thisNodeOnly", std::move(this_node_only)},
                                {"refused", state_.refused},
                                {"unanswered", unanswered_},
                                {"localCount", local_count_},
                                {"seconds", seconds},
                                {"rate", rate},
                                {"interrupted", stopped}};
  if (first_refused_) {
    sum["firstRefused"] = ToJson(first_refused_->number, first_refused_->status);
  }
  terminal_->out << sum.dump(-1, ' ', /*ensure_ascii=*/true,
                             nlohmann::ordered_json::error_handler_t::replace)
                 << '\n';
}

absl::Status PublishRun::ThisNodeOnlyOnes() const {
  if (!this_node_only_.first) return absl::OkStatus();
  const uint64_t made = this_node_only_.local_count;
  const uint64_t may_have = this_node_only_.others_may_have;
  std::string others = "did not get them";
  if (may_have == state_.this_node_only) {
    others = "may have got them";
  } else if (may_have > 0) {
    others = absl::StrCat("may have got ", may_have, " of them");
  }
  return UnreachableFailure(
      WhichFailed(state_.this_node_only, *this_node_only_.first,
                  "not published to the whole cluster"),
      absl::StrCat("this node made ", made, made == 1 ? " delivery" : " deliveries",
                   ", other nodes ", others, "; what is published again reaches its peers twice"));
}

absl::Status PublishRun::RefusedOnes() const {
  if (!first_refused_) return absl::OkStatus();
  return RefusedFailure(first_refused_->status.code(),
                        WhichFailed(state_.refused, *first_refused_, "refused"),
                        HintOf(first_refused_->status));
}

std::string PublishRun::WhichFailed(uint64_t count, const Failed& first,
                                    const std::string& how) const {
  return count == 1
             ? absl::StrCat("message ", first.number, " was ", how, ": ", Words(first.status))
             : absl::StrCat(count, " of ", read_, " messages were ", how, ", first message ",
                            first.number, ": ", Words(first.status));
}

}  // namespace hookcast::cli

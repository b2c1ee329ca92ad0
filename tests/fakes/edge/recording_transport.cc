#include "tests/fakes/edge/recording_transport.h"

namespace hookcast::fakes {

bool RecordingTransport::Deliver(const pubsub::Message& message) {
  if (!record_->taking) return false;
  record_->delivered.emplace_back(message.data.payload.view());
  record_->lines.emplace_back(message.data.payload.view());
  return true;
}

bool RecordingTransport::Send(const pubsub::Data& data) {
  if (!record_->taking) return false;
  record_->sent.emplace_back(data.payload.view());
  return true;
}

bool RecordingTransport::Recall(const pubsub::Message& message) {
  if (!record_->taking) return false;
  record_->recalled.emplace_back(message.data.payload.view());
  record_->lines.push_back("recall " + record_->recalled.back());
  return true;
}

void RecordingTransport::TellPosition() {
  ++record_->positions_told;
  record_->lines.emplace_back("position");
}

bool RecordingTransport::TellGap(std::optional<uint64_t> lost) {
  record_->gaps.push_back(lost);
  record_->lines.emplace_back("gap");
  return record_->knows_gaps;
}

void RecordingTransport::Close(uint16_t code, std::string_view reason, hooks::ClosedBy by) {
  record_->closes.push_back({code, std::string(reason), by});
}

void RecordingTransport::Terminate(hooks::ClosedBy by) { record_->terminations.push_back(by); }

void RecordingTransport::ResumeReading() {
  ++record_->resumes;
  if (record_->on_resume) record_->on_resume();
}

}  // namespace hookcast::fakes

#include "tests/conformance/rule.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::conformance {
namespace {

bool IsSame(const Frame& a, const Frame& b) {
  return a.opcode == b.opcode && a.fin == b.fin && a.rsv == b.rsv && a.payload == b.payload;
}

}  // namespace

Dialogue::Dialogue(std::initializer_list<Dialogue> parts) {
  for (const Dialogue& part : parts) {
    steps.insert(steps.end(), part.steps.begin(), part.steps.end());
  }
}

Dialogue Send(const Frame& frame) { return Send(frame.Bytes()); }

Dialogue Send(std::string bytes) {
  Step step;
  step.bytes = std::move(bytes);
  return Dialogue(std::move(step));
}

Dialogue Get(Expected expected) {
  Step step;
  step.kind = Step::Kind::kGet;
  step.expected = std::move(expected);
  return Dialogue(std::move(step));
}

Dialogue Get(const Frame& frame) {
  return Get(Expected{Describe(frame), [frame](const Event& event) {
                        return event.kind == Event::Kind::kFrame && IsSame(event.frame, frame);
                      }});
}

Dialogue GetClose(uint16_t code) {
  return Get(Expected{absl::StrCat("close ", code), [code](const Event& event) {
                        return event.kind == Event::Kind::kFrame && event.frame.opcode == 8 &&
                               event.frame.payload.size() != 1 && CodeOf(event.frame) == code;
                      }});
}

Dialogue GetEnd() {
  return Get(Expected{"the end of the connection",
                      [](const Event& event) { return event.kind == Event::Kind::kEnd; }});
}

Dialogue Echo(const Frame& frame) { return {Send(frame), Get(frame)}; }

Dialogue ServerCloses(uint16_t code, std::string reason) {
  Step step;
  step.kind = Step::Kind::kServerCloses;
  step.code = code;
  step.bytes = std::move(reason);
  return Dialogue(std::move(step));
}

Dialogue ClientEnds() {
  Step step;
  step.kind = Step::Kind::kClientEnds;
  return Dialogue(std::move(step));
}

Dialogue Repeat(int times, const Dialogue& dialogue) {
  Dialogue all;
  for (int i = 0; i < times; ++i) {
    all.steps.insert(all.steps.end(), dialogue.steps.begin(), dialogue.steps.end());
  }
  return all;
}

Case Accepts(std::string name, Request request, std::vector<HeaderIs> headers) {
  Case row;
  row.name = std::move(name);
  row.request = std::move(request);
  row.headers = std::move(headers);
  return row;
}

Case Accepts(std::string name, Request request, Dialogue dialogue) {
  Case row = Accepts(std::move(name), std::move(dialogue));
  row.request = std::move(request);
  return row;
}

Case Accepts(std::string name, Dialogue dialogue) {
  return Accepts(std::move(name), [dialogue = std::move(dialogue)] { return dialogue; });
}

Case Accepts(std::string name, std::function<Dialogue()> dialogue) {
  Case row;
  row.name = std::move(name);
  row.dialogue = std::move(dialogue);
  return row;
}

Case Refuses(std::string name, Request request, int status, std::vector<HeaderIs> headers) {
  Case row = Accepts(std::move(name), std::move(request), std::move(headers));
  row.refused = true;
  row.status = status;
  row.outcome = absl::StrCat(status);
  return row;
}

Case Refuses(std::string name, Dialogue dialogue, uint16_t close_code) {
  return Refuses(
      std::move(name), [dialogue = std::move(dialogue)] { return dialogue; }, close_code);
}

Case Refuses(std::string name, std::function<Dialogue()> dialogue, uint16_t close_code) {
  Case row = Accepts(std::move(name), [dialogue = std::move(dialogue), close_code] {
    return Dialogue{dialogue(), GetClose(close_code)};
  });
  row.refused = true;
  row.outcome = absl::StrCat("close ", close_code);
  return row;
}

Case Refuses(std::string name, Request request, Dialogue dialogue, uint16_t close_code) {
  Case row = Refuses(std::move(name), std::move(dialogue), close_code);
  row.request = std::move(request);
  return row;
}

Case Whole(Case once) {
  once.chopped = false;
  return once;
}

Case Dripped(Case row) {
  row.dripped = true;
  return Whole(std::move(row));
}

}  // namespace hookcast::conformance

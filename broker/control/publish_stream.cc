#include "broker/control/publish_stream.h"

#include "broker/control/wire.h"

namespace hookcast::control {

PublishStream::PublishStream(Handlers* handlers, grpc::ByteBuffer* response)
    : handlers_(handlers), response_(response) {
  StartRead(&request_);
}

// Whoever finds reading ended and nothing unanswered finishes the call, as the last thing it does:
// OnDone may come before Finish returns.
void PublishStream::OnReadDone(bool ok) {
  if (!ok) {
    bool finish;
    {
      const MutexLock lock(&mutex_);
      ended_ = true;
      finish = unanswered_ == 0;
    }
    if (finish) FinishWithSum();
    return;
  }
  {
    const MutexLock lock(&mutex_);
    ++unanswered_;
  }
  const uint64_t number = ++read_;
  v1::PublishRequest request;
  if (const absl::Status status = ReadRequest(request_, &request); !status.ok()) {
    OnPublished(number, status);
  } else {
    handlers_->Publish(request,
                       [this, number](const absl::StatusOr<v1::PublishResponse>& published) {
                         OnPublished(number, published);
                       });
  }
  bool read_on;
  {
    const MutexLock lock(&mutex_);
    read_on = unanswered_ < kMostUnanswered;
    paused_ = !read_on;
  }
  if (read_on) StartRead(&request_);
}

void PublishStream::OnPublished(uint64_t number,
                                const absl::StatusOr<v1::PublishResponse>& published) {
  bool finish = false;
  bool read_on = false;
  {
    const MutexLock lock(&mutex_);
    if (published.ok()) {
      sum_.set_published(sum_.published() + 1);
    } else {
      sum_.set_refused(sum_.refused() + 1);
      if (first_refused_ == 0 || number < first_refused_) {
        first_refused_ = number;
        *sum_.mutable_first_refused() = ResultOf(published);
      }
    }
    --unanswered_;
    finish = ended_ && unanswered_ == 0;
    read_on = paused_ && unanswered_ <= kMostUnanswered / 2;
    if (read_on) paused_ = false;
  }
  if (read_on) StartRead(&request_);
  if (finish) FinishWithSum();
}

void PublishStream::FinishWithSum() {
  {
    const MutexLock lock(&mutex_);
    WriteResponse(sum_, response_);
  }
  Finish(grpc::Status::OK);
}

void PublishStream::OnDone() { delete this; }

}  // namespace hookcast::control

#include "broker/hooks/grpc/grpc_status.h"

#include <gtest/gtest.h>

namespace hookcast::hooks {
namespace {

TEST(GrpcStatus, KeepsCodeAndMessage) {
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status = FromGrpc({static_cast<grpc::StatusCode>(code), "why"});
    EXPECT_EQ(static_cast<int>(status.code()), code);
    EXPECT_EQ(status.message(), "why");
  }
}

TEST(GrpcStatus, ANumberThatIsNoCodeIsUnknown) {
  EXPECT_EQ(FromGrpc({static_cast<grpc::StatusCode>(20), "why"}).code(),
            absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace hookcast::hooks

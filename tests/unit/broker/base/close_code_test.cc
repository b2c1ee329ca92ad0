#include "broker/base/close_code.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace hookcast {
namespace {

TEST(CloseCodeTest, TheWireTakesTheCodesOfSections741And742) {
  const std::set<int> registered = {1000, 1001, 1002, 1003, 1007, 1008,
                                    1009, 1010, 1011, 1012, 1013, 1014};
  for (int code = 0; code <= 0xFFFF; ++code) {
    const bool expected = registered.contains(code) || (code >= 3000 && code <= 4999);
    ASSERT_EQ(IsValidOnWire(static_cast<uint16_t>(code)), expected) << code;
  }
}

TEST(CloseCodeTest, TheTableHasEachRegisteredCodeOnceAscending) {
  uint16_t before = 999;
  std::set<std::string_view> names;
  for (const CloseCode& row : CloseCodes()) {
    EXPECT_GT(row.code, before);
    before = row.code;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.reason.empty()) << row.code;
    EXPECT_LE(row.reason.size(), 123u) << row.code;
    EXPECT_EQ(FindCloseCode(row.code), &row);
  }
  EXPECT_EQ(names.size(), 15u);
  for (uint16_t code = 1000; code <= 1014; ++code) {
    EXPECT_EQ(FindCloseCode(code) == nullptr, code == 1004) << code;
  }
}

TEST(CloseCodeTest, CodesOfApplicationsAreNotInTheTable) {
  for (const uint16_t code : {0, 999, 1004, 1016, 2999, 3000, 4001, 4999, 5000}) {
    EXPECT_EQ(FindCloseCode(code), nullptr) << code;
  }
}

TEST(CloseCodeTest, ClientsMayReconnectWhereTheFaultWasNotTheirs) {
  const std::set<uint16_t> may = {kCloseGoingAway,     kCloseNoStatus,       kCloseAbnormal,
                                  kCloseInternalError, kCloseServiceRestart, kCloseTryAgainLater,
                                  kCloseBadGateway};
  for (const CloseCode& row : CloseCodes()) {
    EXPECT_EQ(row.may_reconnect, may.contains(row.code)) << row.code;
  }
}

}  // namespace
}  // namespace hookcast

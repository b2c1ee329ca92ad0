#include "edge/http_request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

namespace hookcast::edge {
namespace {

using Progress = HttpRequestReader::Progress;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// What became of a request that came in pieces, as a connection would read it.
struct Outcome {
  Progress progress = Progress::kNeedMore;
  std::optional<HttpRequest> request;
  int status = 0;  // of a refusal
  std::string sentence;
  std::string rest;         // behind the head
  size_t most_waiting = 0;  // bytes that the caller had to keep
  int heads = 0;            // told before their bodies
};

Outcome Read(std::string_view bytes, size_t piece = SIZE_MAX, const HttpLimits& limits = {}) {
  HttpRequestReader reader(limits);
  Outcome outcome;
  std::string waiting;
  while (!bytes.empty() && outcome.progress == Progress::kNeedMore) {
    waiting.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    size_t consumed = 0;
    outcome.progress = reader.Read(waiting, &consumed);
    waiting.erase(0, consumed);
    if (outcome.progress == Progress::kHead) {
      EXPECT_EQ(outcome.heads++, 0);
      EXPECT_EQ(reader.head().body, "");
      outcome.progress = reader.Read(waiting, &consumed);
      waiting.erase(0, consumed);
    }
    outcome.most_waiting = std::max(outcome.most_waiting, waiting.size());
  }
  outcome.rest = waiting.append(bytes);
  if (outcome.progress == Progress::kDone) outcome.request = reader.TakeRequest();
  if (outcome.progress == Progress::kRefused) {
    outcome.status = reader.refusal().status;
    outcome.sentence = reader.refusal().body;
  }
  return outcome;
}

constexpr HttpLimits kWithBody{.header_bytes = 200, .body_bytes = 20};
constexpr std::string_view kSized = "POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n";
constexpr std::string_view kChunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

constexpr std::string_view kRequest =
    "GET /chat?x=1 HTTP/1.1\r\n"
    "Host: example.org\r\n"
    "X-Twice:  one \r\n"
    "x-twice: two\r\n"
    "Accept: */*\r\n"
    "X-Empty:\r\n"
    "\r\n";

void ExpectTheRequest(const Outcome& outcome) {
  ASSERT_EQ(outcome.progress, Progress::kDone) << outcome.sentence;
  EXPECT_EQ(outcome.request->method, "GET");
  EXPECT_EQ(outcome.request->target, "/chat?x=1");
  EXPECT_EQ(outcome.request->version, 11);
  EXPECT_THAT(outcome.request->headers,
              ElementsAre(Pair("Host", "example.org"), Pair("X-Twice", "one"),
                          Pair("x-twice", "two"), Pair("Accept", "*/*"), Pair("X-Empty", "")));
}

TEST(HttpRequestReaderTest, ReadsTheRequestLineAndEachHeaderLine) {
  ExpectTheRequest(Read(kRequest));
}

TEST(HttpRequestReaderTest, LinesOfOneNameKeepTheirOrder) {
  const Outcome outcome = Read("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\nB: 4\r\nA: 5\r\n\r\n");
  ASSERT_EQ(outcome.progress, Progress::kDone);
  std::vector<std::string> a, b;
  for (const auto& [name, value] : outcome.request->headers) {
    (name == "B" ? b : a).push_back(value);
  }
  EXPECT_THAT(a, ElementsAre("1", "3", "5"));
  EXPECT_THAT(b, ElementsAre("2", "4"));
}

TEST(HttpRequestReaderTest, HowTheBytesWereCutMakesNoDifference) {
  const std::string bytes = absl::StrCat(std::string(kRequest), "what follows");
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    SCOPED_TRACE(piece);
    const Outcome outcome = Read(bytes, piece);
    ExpectTheRequest(outcome);
    EXPECT_EQ(outcome.rest, "what follows");
  }
  for (size_t cut = 1; cut < kRequest.size(); ++cut) {
    SCOPED_TRACE(cut);
    HttpRequestReader reader({});
    std::string waiting(kRequest.substr(0, cut));
    size_t consumed = 0;
    ASSERT_EQ(reader.Read(waiting, &consumed), Progress::kNeedMore);
    waiting.erase(0, consumed);
    waiting.append(kRequest.substr(cut));
    ASSERT_EQ(reader.Read(waiting, &consumed), Progress::kDone);
    EXPECT_EQ(consumed, waiting.size());
    EXPECT_EQ(reader.TakeRequest().headers.size(), 5);
  }
}

TEST(HttpRequestReaderTest, BytesBehindTheHeadStayWithTheCaller) {
  const std::string binary("\x81\x85\0\0\0\0hello\r\n\r\nGET / HTTP/1.1\r\n", 32);
  EXPECT_EQ(Read(absl::StrCat(std::string(kRequest), binary)).rest, binary);
}

TEST(HttpRequestReaderTest, TellsHttp10Apart) {
  const Outcome outcome = Read("GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(outcome.progress, Progress::kDone);
  EXPECT_EQ(outcome.request->version, 10);
}

TEST(HttpRequestReaderTest, MethodsAreTheHandlersBusiness) {
  for (const char* method : {"HEAD", "POST", "OPTIONS", "BREW"}) {
    const Outcome outcome = Read(absl::StrCat(method, " / HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_EQ(outcome.progress, Progress::kDone) << method;
    EXPECT_EQ(outcome.request->method, method);
  }
}

TEST(HttpRequestReaderTest, JunkIsABadRequest) {
  for (const std::string_view junk :
       {std::string_view("hello\r\n\r\n"), std::string_view("\x16\x03\x01\x02\0\x01\0\x01\xfc", 9),
        std::string_view("GET\r\n\r\n"), std::string_view("GET /\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\r\nA\r\n: b\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 26),
        std::string_view("GET / HTTP/1.1\r\nSp ace: b\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")}) {
    SCOPED_TRACE(junk);
    for (const size_t piece : {SIZE_MAX, size_t{1}}) {
      const Outcome outcome = Read(junk, piece);
      EXPECT_EQ(outcome.progress, Progress::kRefused);
      EXPECT_EQ(outcome.status, 400) << outcome.sentence;
      EXPECT_THAT(outcome.sentence, HasSubstr("not valid HTTP"));
    }
  }
}

TEST(HttpRequestReaderTest, AnotherVersionIsNotSupported) {
  for (const char* version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9"}) {
    const Outcome outcome = Read(absl::StrCat("GET / ", version, "\r\n\r\n"));
    EXPECT_EQ(outcome.progress, Progress::kRefused) << version;
    EXPECT_EQ(outcome.status, 505) << version;
  }
}

// RFC 9112, section 2.2.
TEST(HttpRequestReaderTest, AnEmptyLineBeforeTheRequestIsSkipped) {
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{3}, SIZE_MAX}) {
    SCOPED_TRACE(piece);
    const Outcome outcome = Read("\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\nrest", piece);
    ASSERT_EQ(outcome.progress, Progress::kDone);
    EXPECT_EQ(outcome.request->target, "/a");
    EXPECT_EQ(outcome.rest, "rest");
    EXPECT_EQ(Read("\r\n\r\nGET /a HTTP/1.1\r\n\r\n", piece).status, 400) << "one, not many";
    EXPECT_EQ(Read("\rGET /a HTTP/1.1\r\n\r\n", piece).status, 400);
  }
}

TEST(HttpRequestReaderTest, ARequestLineThatEndsInNoVersionIsABadRequest) {
  for (const std::string_view line :
       {"GET /a HTTP/1.1\n", "GET /a HTTP/1.1 \r\n", "GET /a HTTP/11\r\n", "GET /a FTP/1.1\r\n",
        "GET /a two HTTP/1.1\r\n"}) {
    const Outcome outcome = Read(absl::StrCat(std::string(line), "Host: x\r\n\r\n"));
    EXPECT_EQ(outcome.status, 400) << line;
  }
}

TEST(HttpRequestReaderTest, ABodyIsRefused) {
  for (const char* header : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
    const Outcome outcome =
        Read(absl::StrCat("POST / HTTP/1.1\r\nHost: a\r\n", header, "\r\n\r\nhello"));
    EXPECT_EQ(outcome.progress, Progress::kRefused) << header;
    EXPECT_EQ(outcome.status, 413) << header << ": " << outcome.sentence;
  }
  EXPECT_EQ(Read("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").progress, Progress::kDone);
}

TEST(HttpRequestReaderTest, ATargetAsLongAsItsLimitPassesAndALongerOneIsTooLong) {
  const HttpLimits limits{.header_bytes = 16 * 1024, .headers = 100, .target_bytes = 100};
  const auto request = [](size_t bytes) {
    return absl::StrCat("GET /", std::string(bytes - 1, 'a'), " HTTP/1.1\r\nHost: a\r\n\r\n");
  };
  EXPECT_EQ(Read(request(100), SIZE_MAX, limits).progress, Progress::kDone);
  for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{7}}) {
    EXPECT_EQ(Read(request(101), piece, limits).status, 414) << piece;
  }
}

std::string WithHeaderLines(int count) {
  std::string request = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < count; ++i) absl::StrAppend(&request, "A: b\r\n");
  return request.append("\r\n");
}

TEST(HttpRequestReaderTest, AsManyHeaderLinesAsTheLimitPassAndOneMoreIsTooMany) {
  EXPECT_EQ(Read(WithHeaderLines(100)).progress, Progress::kDone);
  for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{6}, size_t{1000}}) {
    for (const int count : {101, 2'000, 20'000}) {
      const Outcome outcome = Read(WithHeaderLines(count), piece);
      EXPECT_EQ(outcome.progress, Progress::kRefused) << count << " by " << piece;
      EXPECT_EQ(outcome.status, 431) << count << " by " << piece;
    }
  }
}

TEST(HttpRequestReaderTest, HeadersLargerThanTheirLimitAreRefused) {
  const std::string large =
      absl::StrCat("GET / HTTP/1.1\r\nA: ", std::string(64 * 1024, 'x'), "\r\n\r\n");
  for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{1'000}, size_t{16 * 1024}}) {
    const Outcome outcome = Read(large, piece);
    EXPECT_EQ(outcome.progress, Progress::kRefused) << piece;
    EXPECT_EQ(outcome.status, 431) << piece;
    if (piece < large.size()) {
      EXPECT_LE(outcome.most_waiting, 16 * 1024 + piece) << piece;
    }
  }
}

// A piece a line lets the parser take each line as it comes: the sum has to be watched all the
// same.
TEST(HttpRequestReaderTest, AHeaderLongerThanAnyMayBeIsRefusedHoweverMuchTheLimitsAllow) {
  const HttpLimits limits{.header_bytes = 1 << 20};
  const std::string start = "GET / HTTP/1.1\r\n";
  for (const size_t length : {65'533, 65'534, 65'535, 65'536, 70'000, 131'072}) {
    for (const size_t piece : {size_t{1000}, size_t{64 * 1024}, SIZE_MAX}) {
      const Outcome value =
          Read(start + "X: " + std::string(length, 'y') + "\r\n\r\n", piece, limits);
      const Outcome name = Read(start + std::string(length, 'x') + ": y\r\n\r\n", piece, limits);
      for (const Outcome& outcome : {value, name}) {
        if (outcome.progress == Progress::kDone) continue;
        EXPECT_EQ(outcome.progress, Progress::kRefused) << length;
        EXPECT_EQ(outcome.status, 431) << outcome.sentence;
      }
      EXPECT_EQ(value.progress == Progress::kDone, length <= 65'533);
    }
  }
  // Behind a body, where they are not taken.
  const Outcome trailer =
      Read(std::string(kChunked) + "0\r\nX: " + std::string(70'000, 'y') + "\r\n\r\n", SIZE_MAX,
           {.header_bytes = 1 << 20, .body_bytes = 20});
  EXPECT_EQ(trailer.status, 400);
}

TEST(HttpRequestReaderTest, TheLimitHoldsForTheSumHoweverTheHeadersAreCut) {
  const HttpLimits limits{.header_bytes = 1'000, .headers = 1'000'000, .target_bytes = 1'000};
  HttpRequestReader reader(limits);
  size_t consumed = 0;
  ASSERT_EQ(reader.Read("GET / HTTP/1.1\r\n", &consumed), Progress::kNeedMore);
  Progress progress = Progress::kNeedMore;
  size_t sent = 16;
  std::string waiting;
  const std::string line = absl::StrCat("A: ", std::string(95, 'x'), "\r\n");
  while (progress == Progress::kNeedMore && sent < 100'000) {
    waiting += line;
    sent += line.size();
    progress = reader.Read(waiting, &consumed);
    waiting.erase(0, consumed);
  }
  EXPECT_EQ(progress, Progress::kRefused);
  EXPECT_EQ(reader.refusal().status, 431);
  EXPECT_LE(sent, 1'200);
}

TEST(HttpRequestReaderTest, AHeadOfExactlyTheLimitPassesHoweverItIsCut) {
  const std::string head = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  for (size_t piece = 1; piece <= head.size(); ++piece) {
    EXPECT_EQ(Read(head, piece, {.header_bytes = head.size()}).progress, Progress::kDone) << piece;
    const Outcome over = Read(head, piece, {.header_bytes = head.size() - 1});
    EXPECT_EQ(over.progress, Progress::kRefused) << piece;
    EXPECT_EQ(over.status, 431) << piece;
  }
}

TEST(HttpRequestReader, ReadsABodyWhereOneIsTakenHoweverItComes) {
  const std::string body = "0123456789\r\n\r\nabcdef";
  for (size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{45}, SIZE_MAX}) {
    const Outcome sized = Read(std::string(kSized) + body + "rest", piece, kWithBody);
    ASSERT_EQ(sized.progress, Progress::kDone) << sized.sentence;
    EXPECT_EQ(sized.request->body, body);
    EXPECT_EQ(sized.request->method, "POST");
    EXPECT_EQ(sized.rest, "rest");
    EXPECT_EQ(sized.heads, 1);
    const Outcome chunked =
        Read(std::string(kChunked) + "5;ext=1\r\nhello\r\n00f\r\n, whole body, x\r\n0\r\n\r\n",
             piece, kWithBody);
    ASSERT_EQ(chunked.progress, Progress::kDone) << chunked.sentence;
    EXPECT_EQ(chunked.request->body, "hello, whole body, x");
    EXPECT_EQ(chunked.heads, 1);
  }
}

TEST(HttpRequestReader, FieldsBehindABodyAddNothingToTheRequest) {
  const Outcome outcome =
      Read(std::string(kChunked) + "1\r\nx\r\n0\r\nHost: other\r\nAuthorization: y\r\n\r\n", 4,
           kWithBody);
  ASSERT_EQ(outcome.progress, Progress::kDone) << outcome.sentence;
  EXPECT_EQ(outcome.request->body, "x");
  EXPECT_THAT(outcome.request->headers, ElementsAre(Pair("Transfer-Encoding", "chunked")));
}

// RFC 9112, sections 6.1 and 6.3: nobody on the way may see another end of the body.
TEST(HttpRequestReader, OfTransferCodingsOnlyChunkedIsTaken) {
  const auto status_of = [](std::string_view version, std::string_view headers) {
    return Read(absl::StrCat("POST / HTTP/", std::string(version), "\r\n", std::string(headers),
                             "\r\n5\r\nhello\r\n0\r\n\r\n"),
                SIZE_MAX, kWithBody)
        .status;
  };
  EXPECT_EQ(status_of("1.1", "Transfer-Encoding: CHUNKED\r\n"), 0);
  for (const char* coding : {"gzip", "gzip, chunked", "chunked, chunked", "chunked, gzip", ""}) {
    EXPECT_EQ(status_of("1.1", absl::StrCat("Transfer-Encoding: ", coding, "\r\n")), 501) << coding;
  }
  EXPECT_EQ(status_of("1.1", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 501);
  EXPECT_EQ(status_of("1.0", "Transfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(status_of("1.1", "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"), 501);
}

TEST(HttpRequestReader, ARequestWithoutABodyIsDoneAtItsHead) {
  const Outcome outcome = Read("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nrest", 3, kWithBody);
  ASSERT_EQ(outcome.progress, Progress::kDone);
  EXPECT_EQ(outcome.heads, 0);
  EXPECT_EQ(outcome.request->body, "");
}

TEST(HttpRequestReader, RefusesABodyOverItsLimitAndOneThatIsNone) {
  const auto status = [](const std::string& bytes) {
    const Outcome outcome = Read(bytes, 5, kWithBody);
    EXPECT_EQ(outcome.progress, Progress::kRefused);
    EXPECT_LE(outcome.most_waiting, 300u);
    return outcome.status;
  };
  EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: 21\r\n\r\n"), 413);
  EXPECT_EQ(status(std::string(kChunked) + "14\r\n01234567890123456789\r\n1\r\nx\r\n0\r\n\r\n"),
            413);
  EXPECT_EQ(status(std::string(kChunked) + "ffffffff\r\n"), 413);
  EXPECT_EQ(status(std::string(kChunked) + "xyz\r\n"), 400);
  EXPECT_EQ(status(std::string(kChunked) + "1" + std::string(5000, ' ')), 400);
  EXPECT_EQ(status(std::string(kChunked) + "1;" + std::string(5000, 'a')), 400);
}

}  // namespace
}  // namespace hookcast::edge

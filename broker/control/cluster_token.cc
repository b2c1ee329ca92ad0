#include "broker/control/cluster_token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <utility>

#include "broker/control/tokens.h"

namespace hookcast::control {
namespace {

std::array<unsigned char, 32> DigestOf(std::string_view text) {
  std::array<unsigned char, 32> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

absl::StatusOr<ClusterToken> ClusterToken::Read(const config::ClusterConfig& config) {
  if (config.token_file.empty()) return ClusterToken(config.token);
  absl::StatusOr<std::string> text = Tokens::ReadToken(config.token_file);
  if (!text.ok()) return text.status();
  return ClusterToken(*std::move(text));
}

ClusterToken::ClusterToken(std::string text) : text_(std::move(text)), digest_(DigestOf(text_)) {}

bool ClusterToken::Matches(std::string_view shown) const {
  if (empty()) return false;
  const auto digest = DigestOf(shown);
  return CRYPTO_memcmp(digest.data(), digest_.data(), digest.size()) == 0;
}

}  // namespace hookcast::control

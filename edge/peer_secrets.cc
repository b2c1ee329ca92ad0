#include "edge/peer_secrets.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>

#include "absl/strings/escaping.h"

namespace hookcast::edge {
namespace {

constexpr size_t kSecretBytes = 16;

}  // namespace

PeerSecrets::PeerSecrets() : usable_(RAND_bytes(key_.data(), static_cast<int>(key_.size())) == 1) {}

std::string PeerSecrets::Of(const PeerId& peer) const {
  if (!usable_) return {};
  const std::string id = peer.ToString();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(id.data()), id.size(), digest.data(),
           &size) == nullptr) {
    return {};
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), kSecretBytes));
}

bool PeerSecrets::MayBeOne(std::string_view text) {
  return text.size() == 2 * kSecretBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool PeerSecrets::Matches(const PeerId& peer, std::string_view secret) const {
  const std::string right = Of(peer);
  return !right.empty() && right.size() == secret.size() &&
         CRYPTO_memcmp(right.data(), secret.data(), right.size()) == 0;
}

}  // namespace hookcast::edge

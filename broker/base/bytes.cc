#include "broker/base/bytes.h"

#include <cstring>
#include <new>

namespace hookcast {

Bytes Bytes::Build(size_t size, absl::FunctionRef<void(char*)> fill, std::string_view label) {
  auto* block = new (::operator new(sizeof(Block) + size + label.size()))
      Block{{1}, static_cast<uint32_t>(label.size()), size};
  fill(block->data());
  if (!label.empty()) std::memcpy(block->data() + size, label.data(), label.size());
  return Bytes(block);
}

Bytes Bytes::Copy(std::string_view bytes) {
  return Build(bytes.size(), [&](char* out) {
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  });
}

void Bytes::Free(Block* block) {
  block->~Block();
  ::operator delete(block);
}

BytesSlot::~BytesSlot() { Bytes(block_.load(std::memory_order_acquire)); }

Bytes BytesSlot::Get(absl::FunctionRef<Bytes()> make) const {
  Bytes::Block* block = block_.load(std::memory_order_acquire);
  if (block == nullptr) {
    Bytes made = make();
    if (block_.compare_exchange_strong(block, made.block_, std::memory_order_acq_rel)) {
      block = std::exchange(made.block_, nullptr);
    }
  }
  block->references.fetch_add(1, std::memory_order_relaxed);
  return Bytes(block);
}

}  // namespace hookcast

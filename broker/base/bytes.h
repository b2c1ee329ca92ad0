#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"

namespace hookcast {

// Immutable bytes with shared ownership: a payload, or a frame built once and sent to many peers.
// A copy is a pointer and a count; the bytes and the count live in one allocation.
//
// Thread: any. The bytes never change once built.
class Bytes {
 public:
  Bytes() = default;
  static Bytes Copy(std::string_view bytes);
  // Calls fill once with room for exactly `size` bytes. REQUIRES: the label is smaller than 4 GiB.
  static Bytes Build(size_t size, absl::FunctionRef<void(char*)> fill, std::string_view label = {});

  Bytes(const Bytes& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Bytes(Bytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Bytes() {
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      Free(block_);
    }
  }

  // Valid while any copy of these Bytes lives.
  std::string_view view() const {
    return block_ == nullptr ? std::string_view() : std::string_view(block_->data(), block_->size);
  }
  const char* data() const { return block_ == nullptr ? nullptr : block_->data(); }
  size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  bool empty() const { return size() == 0; }
  // A name that goes with the bytes and is none of them, in the same allocation.
  std::string_view label() const {
    return block_ == nullptr ? std::string_view()
                             : std::string_view(block_->data() + block_->size, block_->label_size);
  }

  // No other copy of these Bytes lives.
  bool unique() const {
    return block_ != nullptr && block_->references.load(std::memory_order_acquire) == 1;
  }

  // The same allocation, not merely equal bytes.
  friend bool operator==(const Bytes& a, const Bytes& b) { return a.block_ == b.block_; }

 private:
  friend class BytesSlot;
  struct Block {
    std::atomic<uint32_t> references;
    uint32_t label_size;  // behind the bytes
    size_t size;
    char* data() { return reinterpret_cast<char*>(this + 1); }
  };

  explicit Bytes(Block* block) : block_(block) {}
  static void Free(Block* block);

  Block* block_ = nullptr;
};

// Holds Bytes that are made at first use, by whichever thread needs them first.
//
// Thread: any. After the first Get, a Get is one atomic load and one count.
class BytesSlot {
 public:
  BytesSlot() = default;
  BytesSlot(const BytesSlot&) = delete;
  BytesSlot& operator=(const BytesSlot&) = delete;
  ~BytesSlot();

  // What `make` returned to the first caller. Two threads that race may both call it; one result is
  // kept. REQUIRES: make returns non-empty Bytes.
  Bytes Get(absl::FunctionRef<Bytes()> make) const;

  // Of what was made; 0 before.
  size_t size() const {
    const Bytes::Block* const block = block_.load(std::memory_order_acquire);
    return block == nullptr ? 0 : block->size + block->label_size;
  }

 private:
  mutable std::atomic<Bytes::Block*> block_{nullptr};
};

}  // namespace hookcast

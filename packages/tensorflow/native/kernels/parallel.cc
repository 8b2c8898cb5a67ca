#include "parallel.h"

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace perfit {
namespace {

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Looks for a while whether something came true: waking a thread takes longer than what lies between most loops.
template <class Condition>
inline bool Spin(Condition condition) {
  for (int i = 0; i < 1500; ++i, Pause())
    if (condition()) return true;
  return condition();
}

// One loop at a time, shared out in pieces. What is left of it lies in one word, so that a helper that comes late, or
// between two loops, takes a piece that is really there or none; nobody waits for one that has not come.
class Pool {
 public:
  explicit Pool(int helpers) {
    for (int i = 0; i < helpers; ++i) std::thread([this] { Help(); }).detach();
  }

  void Run(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
    const std::lock_guard<std::mutex> one_at_a_time(turn_);
    grain = std::max(grain, (count + kMost - 1) / kMost);
    body_ = &body;
    count_ = count;
    grain_ = grain;
    left_ = static_cast<uint64_t>((count + grain - 1) / grain) << 32;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++loops_;
    }
    wake_.notify_all();
    Work();
    if (Spin([this] { return working_ == 0; })) return;
    std::unique_lock<std::mutex> lock(mutex_);
    waits_ = true;
    done_.wait(lock, [this] { return working_ == 0; });
    waits_ = false;
  }

 private:
  static constexpr int64_t kMost = 1 << 30;

  // The word holds how many pieces there are, and below how many are taken.
  void Work() {
    for (;;) {
      const uint64_t left = left_.fetch_add(1);
      const int64_t piece = left & 0xffffffff, pieces = left >> 32;
      if (piece >= pieces) return;
      (*body_)(piece * grain_, std::min((piece + 1) * grain_, count_));
    }
  }

  void Help() {
    for (uint64_t seen = 0;;) {
      if (!Spin([&] { return loops_ != seen; })) {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return loops_ != seen; });
      }
      seen = loops_;
      ++working_;
      Work();
      if (--working_ > 0 || !waits_) continue;
      const std::lock_guard<std::mutex> lock(mutex_);
      done_.notify_one();
    }
  }

  std::mutex turn_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int64_t, int64_t)>* body_ = nullptr;
  int64_t count_ = 0, grain_ = 1;
  std::atomic<uint64_t> left_{0}, loops_{0};
  std::atomic<int> working_{0};
  std::atomic<bool> waits_{false};
};

}  // namespace

int Threads() {
  static const int threads = [] {
    const char* text = getenv("TF_NUM_INTRAOP_THREADS");
    const int asked = text ? atoi(text) : 0;
    return asked > 0 ? asked : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }();
  return threads;
}

void ParallelFor(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  // Never destroyed: its threads wait until the process ends.
  static Pool* const pool = new Pool(Threads() - 1);
  if (count <= grain)
    body(0, count);
  else
    pool->Run(count, grain, body);
}

}  // namespace perfit

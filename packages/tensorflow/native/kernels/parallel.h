// A parallel loop on threads of our own: TensorFlow's pool is out of reach of its C API.
#ifndef PERFIT_PARALLEL_H_
#define PERFIT_PARALLEL_H_

#include <stdint.h>

#include <functional>

namespace perfit {

// Calls body(begin, end) on disjoint ranges that cover [0, count), each at most `grain` long, and waits. As many
// threads work as TF_NUM_INTRAOP_THREADS says. Which thread takes which range is open, so that bodies must not share
// sums: every result is then the same bits for any number of threads.
void ParallelFor(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body);

// How many threads work.
int Threads();

}  // namespace perfit

#endif  // PERFIT_PARALLEL_H_

// The streaming estimate of item frequencies by occurrence interval (paper, section 3.3.2; SPEC.md, Loss and training).
//
// In order, every occurrence of an item in the batch of step t does: interval <- (1 - a) interval + a (t - last seen), last seen <- t,
// log p = -log(interval). The second occurrence sees t - last seen = 0, so occurrence number k of an item (from 0) leaves
//
//   interval_k = (1 - a)^k ((1 - a) interval + a (t - last seen))
//
// An interval of 0 is that of an item that was never seen, looked up (a = 0) where the items are fewer than a batch: nothing is known, log p = 0.
//
// items, log p (B), interval and last seen (items + 1), clock: one int, t. log p is assigned, the state updated. A lane owns an occurrence,
// the warps of a block share out the batch that it is compared with, and the last block to end writes the state when all have read it.
#include "common/completion.cuh"
#include "common/cuda.cuh"
#include "common/dependent.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;

// scratch (B): the new interval where an occurrence is its item's last in the batch, else negative.
extern "C" __global__ void __launch_bounds__(256) item_frequencies_update(
    int* last_seen, float* interval, float rate, IntegerArray items, const int* clock, float* log_probability, float* scratch,
    int* counter) {
    const RunsBeside beside;
    __shared__ int earlier[WARPS][WARP];
    __shared__ int later[WARPS][WARP];
    int i = blockIdx.x * WARP + lane_index();
    int item = i < items.length ? items.data[i] : -1;
    int step = *clock;
    int before = 0;
    int after = 0;
    for (int base = warp_index() * WARP; base < items.length; base += THREADS) {
        int other = base + lane_index() < items.length ? items.data[base + lane_index()] : -1;
        for (int lane = 0; lane < WARP; lane++) {
            bool same = __shfl_sync(FULL_WARP, other, lane) == item;
            before += same && base + lane < i;
            after += same && base + lane > i;
        }
    }
    earlier[warp_index()][lane_index()] = before;
    later[warp_index()][lane_index()] = after;
    __syncthreads();
    if (warp_index() == 0 && i < items.length) {
        int rank = 0;
        int following = 0;
        for (int warp = 0; warp < WARPS; warp++) {
            rank += earlier[warp][lane_index()];
            following += later[warp][lane_index()];
        }
        double keep = 1 - (double)rate;
        double value = (keep * interval[item] + rate * (double)(step - last_seen[item])) * pow(keep, (double)rank);
        log_probability[i] = value > 0 ? -logf((float)value) : 0;
        scratch[i] = following == 0 ? (float)value : -1;
    }
    if (is_last_block(counter, gridDim.x)) {
        for (int j = threadIdx.x; j < items.length; j += THREADS) {
            if (scratch[j] >= 0) {
                interval[items.data[j]] = scratch[j];
                last_seen[items.data[j]] = step;
            }
        }
    }
}

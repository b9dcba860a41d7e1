// Assembly of batches from interactions that live on the device, grouped by user and in time order (IBatchKernels.cs).
//
//   element i of step t is interaction pool[permute(k)], k = ((t - 1) mod n) B + i mod pool length, n = pool length / B batches an epoch,
//   with the shuffled order of epoch (t - 1) / n; its history is the L interactions of the user before it, padded on the left with 0
//
// users, items, lengths, rewards (B), history (B*L), clock: one int, t from 1. Everything is assigned. A warp owns an example: its lanes find the
// interaction together and copy the history side by side.
#include "common/cuda.cuh"
#include "common/dependent.cuh"
#include "common/random.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;

// The data set and the batch, as CudaBatchKernels passes them.
struct Interactions {
    const int* users;
    const int* items;
    const int* user_offsets;
    const float* weights; // r of each interaction, or null: every r is 1
    int history_length;   // L
};

struct Batch {
    int* users;
    int* items;
    int* history;
    int* lengths;
    float* rewards; // (B), or null: nobody asks
    int size;       // B
};

__device__ __forceinline__ int example_of_warp() { return blockIdx.x * (THREADS / WARP) + warp_index(); }

__device__ __forceinline__ void fill(const Interactions& table, int interaction, int example, const Batch& batch) {
    int user = table.users[interaction];
    int valid = min(table.history_length, interaction - table.user_offsets[user]);
    int start = table.history_length - valid;
    int* history = batch.history + (long long)example * table.history_length;
    for (int l = lane_index(); l < table.history_length; l += WARP) {
        history[l] = l < start ? 0 : table.items[interaction - valid + l - start];
    }
    if (lane_index() == 0) {
        batch.users[example] = user;
        batch.items[example] = table.items[interaction];
        batch.lengths[example] = valid;
        if (table.weights && batch.rewards) {
            batch.rewards[example] = table.weights[interaction];
        }
    }
}

// step = t - 1.
__device__ __forceinline__ void assemble_shuffled(
    const Interactions& table, const IntegerArray& pool, unsigned long long seed, int step, const Batch& batch) {
    int example = example_of_warp();
    if (example < batch.size) {
        int batches = max(1, pool.length / batch.size);
        long long position = ((long long)(step % batches) * batch.size + example) % pool.length;
        fill(table, pool.data[shuffled((int)position, pool.length, seed, (unsigned)(step / batches))], example, batch);
    }
}

extern "C" __global__ void __launch_bounds__(256) batch_assemble_shuffled(
    Interactions table, IntegerArray pool, unsigned long long seed, const int* clock, Batch batch) {
    assemble_shuffled(table, pool, seed, *clock - 1, batch);
}

// next = clock + 1, and the batch of that step.
extern "C" __global__ void __launch_bounds__(256) batch_assemble_next(
    Interactions table, IntegerArray pool, unsigned long long seed, const int* clock, int* next, Batch batch) {
    const RunsBeside beside;
    int step = *clock;
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        *next = step + 1;
    }
    assemble_shuffled(table, pool, seed, step, batch);
}

extern "C" __global__ void __launch_bounds__(256) batch_assemble(Interactions table, IntegerArray interactions, Batch batch) {
    int example = example_of_warp();
    if (example < batch.size) {
        fill(table, interactions.data[example], example, batch);
    }
}

// clock += 1.
extern "C" __global__ void __launch_bounds__(32) batch_advance(int* clock) {
    if (threadIdx.x == 0) {
        *clock += 1;
    }
}

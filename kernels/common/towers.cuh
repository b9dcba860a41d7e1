// Both towers of a two-tower model, user and item tower side by side in one grid. Everything but the statistics of batch norm belongs to one
// example, so a block of threads carries 16 MT examples of one tower from choice block to choice block in shared memory.
//
// Stage s of a tower with N blocks (n = s + 1 inputs of width D = 64, one head A = 8):
//   s = 0: states[:, 0] = input wᵀ + b (alignment); s > 0: states[:, s] = relu(batch norm(output of stage s - 1))
//   pre = block(states[:, 0..s]):  MLP-h  (x w1ᵀ + b1) w2ᵀ + b2
//                                  EW     reduction over the n states, then linear
//                                  SA-H   per state q, k, v, residual (4 q, 64), q = 8 H; softmax(q k'/sqrt(8)) v + residual; linear
//   s < N - 1: statistics of pre over the batch; s = N - 1: y = relu(pre), vector = y / max(|y|, 1e-12).
//
// Shapes: states (rows, N*64), first and second are what backward needs of the block: MLP hidden (rows, h); EW reduced (rows, 64);
// SA projections (rows, n, 4, H, 8) and attended (rows, n*q). rows = groups * batch; batch norm runs over each group of `batch` rows.
// Statistics are (group, 2, 64): mean, 1 / sqrt(variance + eps). Each tile leaves what it contributes to them in memory, and every block of
// threads merges its group's tiles (Chan et al.) in a fixed order before the next stage: so results repeat bit by bit. The sums of batch
// norm's backward pass go the same way.
//
// One launch runs stages [begin, end). Where a tower's blocks of threads all fit on the device at once, that is all stages (RESIDENT): states
// and their gradients stay in shared memory, and blocks of threads wait for one another between stages, each tower for itself
// (common/grid_barrier.cuh). Otherwise it is one stage a launch, and what earlier stages made is read from device memory.
//
// Backward (groups = 1) mirrors the stages: gradients of states are assigned by the last stage and accumulated by the others, row by row by
// the same block of threads; weight gradients are products over the batch and belong to weight_gradients.cu, which reads what is stored
// here: gradient of pre (rows, 64), and the gradient of hidden or of the projections.
#ifndef AUTOTOWER_TOWERS_CUH
#define AUTOTOWER_TOWERS_CUH

#include "common/completion.cuh"
#include "common/dependent.cuh"
#include "common/grid_barrier.cuh"
#include "common/reduce.cuh"
#include "common/tile_layer.cuh"

constexpr int WIDTH = 64;
constexpr int PRE_STRIDE = WIDTH + 4; // of rows of pre in shared memory
constexpr int HEAD = 8;
constexpr int MOST_BLOCKS = 7;
constexpr int MOST_HIDDEN = 1024; // columns of an MLP's hidden layer
constexpr int MOST_PROJECTED = 4 * HEAD * WARP; // columns of a row's projections: a lane takes one head of one input
constexpr int MOST_INPUTS = MOST_BLOCKS; // Loops over inputs are unrolled to this bound, so that per-input values stay in registers.
constexpr float EPSILON = 1e-5f;
constexpr float SHORTEST = 1e-12f;

enum BlockKind { MLP, ELEMENTWISE, SELF_ATTENTION };
enum Reduction { SUM, AVERAGE, PRODUCT, MAXIMUM, MINIMUM };

// A choice block and the batch norm behind it. Weights are packed (pack_weights.cu), for the direction of the launch.
struct Block {
    const float* first_weight; // MLP (h, n*64); SA (4q, 64)
    const float* first_bias;
    const float* output_weight; // (64, h | 64 | n*q)
    const float* output_bias;   // (64)
    float* first;
    float* second;
    float* first_gradient;
    float* pre;          // (rows, 64)
    float* pre_gradient; // (rows, 64)
    float* statistics;   // (groups, 2, 64) of pre
    const float* scale;  // gamma (64)
    const float* shift;  // beta (64)
    float* scale_gradient; // (64), accumulated
    float* shift_gradient;
    float* running;              // mean (64), variance behind it:
    long long running_variance; // elements from running mean to running variance
    int kind;
    int parameter; // h, reduction or H
};

// One tower (TowerLaunch.cs has the same layout).
struct Tower {
    const float* input;             // (rows, input_width)
    float* input_gradient;          // (rows, input_width), row stride input_stride, accumulated
    const float* alignment_weight;  // (64, input_width), packed
    const float* alignment_bias;    // (64)
    float* states;                  // (rows, N*64)
    float* state_gradients;         // (rows, N*64); of a resident launch only the first 64 columns
    float* vectors;                 // (rows, 64)
    float* norms;                   // (rows)
    const float* vector_gradients;  // (rows, 64)
    float2* partials[2];            // (tiles, 64) each, in turn: forward, mean and squares of a tile's pre; backward, sums for stage s - 1
    const float2* merged;           // what the launch before left there, in tiles of merged_rows (towers_merge.cu)
    unsigned* barrier;              // two counters, zero between launches
    unsigned* done;                 // set by the end of a resident backward pass, for weight_gradients.cu; may be absent
    int* counter;                   // zero between launches
    float* penalty_partials;        // (tiles): sums of squares, which stage 0 assigns and stage 1 adds up
    float* penalty_norm;            // (1): Frobenius norm of the input's first penalty_columns columns
    float* loss;                    // (1), += penalty * norm
    Block of[MOST_BLOCKS];
    int input_width;
    int input_stride;
    int blocks;                     // N
    int begin;                      // stages of the launch; none: the tower has nothing to do
    int end;
    int penalty_columns;            // 0: no penalty
    float penalty;
};

struct Pass {
    int batch;
    int groups;
    int inference; // batch norm by running statistics instead of the batch's
    int cumulative; // running statistics: mean over the groups instead of momentum
    int first_group; // groups that went into the running statistics before
    int previous_rows; // of a tile in the launch before
    int merged_rows; // of a tile in `merged`
    float momentum;
};

struct Towers {
    Tower of[2];
    Pass pass;
};

// The rows that a block of threads owns.
struct Tile {
    int group;
    long long first;
    int valid;
    int index;
    int of_group;
};

template <int ROWS> __device__ __forceinline__ Tile own_tile(const Pass& pass) {
    Tile tile;
    tile.of_group = (pass.batch + ROWS - 1) / ROWS;
    tile.index = blockIdx.x;
    tile.group = blockIdx.x / tile.of_group;
    const int start = (int)(blockIdx.x % tile.of_group) * ROWS;
    tile.first = (long long)tile.group * pass.batch + start;
    tile.valid = min(ROWS, pass.batch - start);
    return tile;
}

// Eight threads a column add up load(i) for i = 0, ..., count - 1, two sums at once; the first 64 threads get them, in a fixed order.
template <class Load> __device__ __forceinline__ float2 column_sums(float2* scratch, int count, Load load) {
    constexpr int PARTS = TILE_THREADS / WIDTH;
    const int column = threadIdx.x % WIDTH;
    float2 sum = make_float2(0, 0);
    #pragma unroll 8
    for (int i = threadIdx.x / WIDTH; i < count; i += PARTS) {
        const float2 value = load(i);
        sum.x += value.x;
        sum.y += value.y;
    }
    scratch[threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.x < WIDTH) {
        #pragma unroll
        for (int part = 1; part < PARTS; part++) {
            sum.x += scratch[part * WIDTH + column].x;
            sum.y += scratch[part * WIDTH + column].y;
        }
    }
    return sum;
}

#endif

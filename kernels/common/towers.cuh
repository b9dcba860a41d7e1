// Both towers of a two-tower model, one choice block a launch, user and item tower side by side in one grid. Everything but the statistics
// of batch norm belongs to one example, so a block of threads carries 16 MT examples through a whole stage in shared memory.
//
// Stage s of a tower with N blocks (n = s + 1 inputs of width D = 64, one head A = 8):
//   s = 0: states[:, 0] = input wᵀ + b (alignment); s > 0: states[:, s] = relu(batch norm(output of stage s - 1))
//   pre = block(states[:, 0..s]):  MLP-h  (x w1ᵀ + b1) w2ᵀ + b2
//                                  EW     reduction over the n states, then linear
//                                  SA-H   per state q, k, v, residual (4 q, 64), q = 8 H; softmax(q k'/sqrt(8)) v + residual; linear
//   s < N - 1: statistics of pre over the batch; s = N - 1: y = relu(pre), vector = y / max(|y|, 1e-12).
//
// Shapes: states (rows, N*64), first and second are what backward needs of the block: MLP hidden (rows, h); EW reduced (rows, 64);
// SA projections (rows, n, H, 4, 8) and attended (rows, n*q). rows = groups * batch; batch norm runs over each group of `batch` rows.
// Statistics are (group, 2, 64): mean, 1 / sqrt(variance + eps). A launch leaves what each tile contributes to them, and every block of
// threads of the next merges its group's tiles (Chan et al.) in a fixed order, while its inputs are on the way: so no block of threads
// waits for another within a launch, and results repeat bit by bit. The sums of batch norm's backward pass go the same way.
//
// Backward (groups = 1) mirrors the stages: gradients of states are assigned by the last stage and accumulated by the others, row by row by
// the same block of threads; weight gradients are products over the batch and belong to weight_gradients.cu, which reads what is stored
// here: gradient of pre (rows, 64), and the gradient of hidden or of the projections, the latter as (rows, n, 4, H, 8).
#ifndef AUTOTOWER_TOWERS_CUH
#define AUTOTOWER_TOWERS_CUH

#include "common/completion.cuh"
#include "common/dependent.cuh"
#include "common/reduce.cuh"
#include "common/tile_product.cuh"

constexpr int WIDTH = 64;
constexpr int HEAD = 8;
constexpr int MOST_INPUTS = 8; // Loops over inputs are unrolled to this bound, so that per-input values stay in registers.
constexpr float EPSILON = 1e-5f;
constexpr float SHORTEST = 1e-12f;

enum BlockKind { MLP, ELEMENTWISE, SELF_ATTENTION };
enum Reduction { SUM, AVERAGE, PRODUCT, MAXIMUM, MINIMUM };

// One tower at one stage (TowerStage.cs has the same layout).
struct Stage {
    const float* input;             // (rows, input_width)
    float* input_gradient;          // (rows, input_width), row stride input_stride, accumulated
    const float* alignment_weight;  // (64, input_width); weights are packed (pack_weights.cu), for the direction of the launch
    const float* alignment_bias;    // (64)
    float* states;                  // (rows, N*64)
    float* state_gradients;         // (rows, N*64)
    const float* first_weight;      // MLP (h, n*64); SA (4q, 64)
    const float* first_bias;
    const float* output_weight;     // (64, h | 64 | n*q)
    const float* output_bias;       // (64)
    float* first;
    float* second;
    float* first_gradient;
    float* pre;                     // (rows, 64)
    float* pre_gradient;            // (rows, 64)
    float2* partials;               // (tiles, 64), assigned: forward, mean and squares of the tile's pre; backward, sums for stage s - 1
    const float2* merged;           // partials of the launch before, in tiles of merged_rows (towers_merge.cu)
    int* counter;                   // zero between launches
    float* statistics;              // (groups, 2, 64) of this stage's pre
    const float* scale;             // gamma (64) of this stage's batch norm
    float* scale_gradient;          // (64), accumulated
    float* shift_gradient;
    const float* previous_pre;      // (rows, 64) of stage s - 1, and its batch norm:
    float* previous_statistics;
    float* previous_running;        // mean (64), variance behind it
    const float* previous_scale;
    const float* previous_shift;
    float* vectors;                 // (rows, 64), last stage
    float* norms;                   // (rows)
    const float* vector_gradients;  // (rows, 64)
    float* penalty_partials;        // (tiles): sums of squares, which stage 0 assigns and stage 1 adds up
    float* penalty_norm;            // (1): Frobenius norm of the input's first penalty_columns columns
    float* loss;                    // (1), += penalty * norm
    long long previous_running_variance; // elements from running mean to running variance
    int input_width;
    int input_stride;
    int blocks;                     // N
    int stage;                      // s; negative: the tower has nothing to do
    int kind;
    int parameter;                  // h, reduction or H
    int previous_rows;              // of a tile in the launch of stage s - 1
    int merged_rows;                // of a tile in `merged`
    int penalty_columns;            // 0: no penalty
    float penalty;
};

struct Pass {
    int batch;
    int groups;
    int inference; // batch norm by running statistics instead of the batch's
    int cumulative; // running statistics: mean over the groups instead of momentum
    int first_group; // groups that went into the running statistics before
    float momentum;
};

struct Towers {
    Stage of[2];
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

__device__ __forceinline__ float4 load_quad(const float* source) { return *reinterpret_cast<const float4*>(source); }
__device__ __forceinline__ void store_quad(float* destination, float4 value) { *reinterpret_cast<float4*>(destination) = value; }

// destination (ROWS, width) in shared memory = source, zero in rows past the batch.
template <int ROWS>
__device__ __forceinline__ void load_rows(float* destination, int stride, const float* source, long long source_stride, int width, int valid) {
    const int quads = width / 4;
    for (int index = threadIdx.x; index < ROWS * quads; index += TILE_THREADS) {
        const int row = index / quads;
        const int column = index % quads * 4;
        store_quad(destination + row * stride + column, row < valid ? load_quad(source + row * source_stride + column) : make_float4(0, 0, 0, 0));
    }
}

// Eight threads a column add up term(i, load(i)) for i = 0, ..., count - 1, two sums at once; every thread of the column gets them, in a fixed
// order. Terms are loaded eight at a time, the first ones while meanwhile() runs: what they cost is the latency of memory.
template <class Load, class Term, class Meanwhile>
__device__ __forceinline__ float2 column_sums(float2* scratch, int count, Load load, Term term, Meanwhile meanwhile) {
    constexpr int PARTS = TILE_THREADS / WIDTH;
    constexpr int AT_ONCE = 8;
    const int column = threadIdx.x % WIDTH;
    const int part = threadIdx.x / WIDTH;
    const int share = (count + PARTS - 1) / PARTS;
    const int end = min(count, (part + 1) * share);
    float2 loaded[AT_ONCE];
    const auto fetch = [&](int first) {
        #pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            if (first + i < end) {
                loaded[i] = load(first + i);
            }
        }
    };
    fetch(part * share);
    meanwhile();
    float2 sum = make_float2(0, 0);
    for (int first = part * share; first < end; first += AT_ONCE) {
        #pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            if (first + i < end) {
                const float2 value = term(first + i, loaded[i]);
                sum.x += value.x;
                sum.y += value.y;
            }
        }
        fetch(first + AT_ONCE);
    }
    scratch[part * WIDTH + column] = sum;
    __syncthreads();
    float2 total = make_float2(0, 0);
    #pragma unroll
    for (int i = 0; i < PARTS; i++) {
        total.x += scratch[i * WIDTH + column].x;
        total.y += scratch[i * WIDTH + column].y;
    }
    return total;
}

// Attention of one head and one query token of one row: weights[j] and, in attended, the result with the residual.
// projections: (n, H, 4, 8) of the row.
__device__ __forceinline__ void attention_weights(const float* projections, int n, int heads, int token, int head, float (&weights)[MOST_INPUTS]) {
    const float* query = projections + (token * heads + head) * 4 * HEAD;
    float largest = -infinity();
    #pragma unroll
    for (int j = 0; j < MOST_INPUTS; j++) {
        if (j >= n) {
            break;
        }
        const float* key = projections + (j * heads + head) * 4 * HEAD + HEAD;
        float score = 0;
        for (int a = 0; a < HEAD; a++) {
            score = fmaf(query[a], key[a], score);
        }
        weights[j] = score * 0.35355339059327373f; // 1 / sqrt(8)
        largest = fmaxf(largest, weights[j]);
    }
    float total = 0;
    #pragma unroll
    for (int j = 0; j < MOST_INPUTS; j++) {
        if (j >= n) {
            break;
        }
        weights[j] = expf(weights[j] - largest);
        total += weights[j];
    }
    #pragma unroll
    for (int j = 0; j < MOST_INPUTS; j++) {
        if (j >= n) {
            break;
        }
        weights[j] /= total;
    }
}

#endif

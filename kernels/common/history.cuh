// Histories in shared memory, for kernels that pool them in one launch: a block of threads owns a few examples, gathers their L rows each
// from the embedding tables and carries them to the pooled vector, or back to the tables. Letters as in SPEC.md; R rows of a block.
#ifndef AUTOTOWER_HISTORY_CUH
#define AUTOTOWER_HISTORY_CUH

#include "common/dependent.cuh"
#include "common/embedding.cuh"
#include "common/random.cuh"
#include "common/reduce.cuh"
#include "common/row_product.cuh"

constexpr int HISTORY_THREADS = 256;
constexpr int HISTORY_WARPS = HISTORY_THREADS / WARP;
constexpr int PADDING = -1;

// A linear layer (out, in) with its gradients, which are accumulated; bias and gradients may be null.
struct Layer {
    const float* weight;
    const float* bias;
    float* weight_gradient;
    float* bias_gradient;
};

// The argument of every launch (HistoryLaunch.cs has the same layout).
struct History {
    Fields fields;
    const int* ids;               // (B*L)
    const int* lengths;           // (B): the last lengths[b] of L positions are valid
    float* output;                // (B, d), assigned
    const float* output_gradient; // (B, d)
    const float* position;        // (L, d)
    float* position_gradient;     // (L, d), accumulated
    Layer first;                  // self-attention: query | key (2d, d); self-attentive: hidden (d, d)
    Layer second;                 // self-attention: value (d, d); self-attentive: score (1, d)
    Layer third;                  // self-attention: output (d, d)
    float* weights;               // (B, L*L) or (B, L): attention, saved for backward; null where no backward pass follows
    float* means;                 // (B, L): c of self-attention, saved
    float* pooled;                // (B, d): before the value projection, saved
    float* values;                // (B, d): behind it, saved
    const int* clock;
    unsigned long long dropout_seed;
    float dropout_rate;
    int output_stride;
    int gradient_stride;
    int batch;    // B
    int length;   // L
    int width;    // d, a multiple of 4
    int examples; // of a block
    int copies;   // of the small tables
    int average;  // sum pooling: divide by the length
    int panel;    // self-attention: rows of the first layer's weight that a block holds at once, a multiple of 16
};

// What a block owns.
struct Examples {
    int first;
    int count;
    int rows; // R

    __device__ __forceinline__ explicit Examples(const History& h) {
        first = blockIdx.x * h.examples;
        count = min(h.examples, h.batch - first);
        rows = count * h.length;
    }
};

__host__ __device__ constexpr int round16(int value) { return (value + 15) / 16 * 16; }

// Distance between rows for `width` columns: at least the next multiple of 16, which products read, and 16 modulo 32, so that 16-byte
// loads of a fragment meet 32 banks.
__host__ __device__ constexpr int row_stride(int width) { return round16(width) % 32 == 16 ? round16(width) : round16(width) + 16; }

// Hands out consecutive pieces of shared memory, each a multiple of 16 bytes (HistoryMemory.cs adds up the same).
struct SharedMemory {
    float* next;

    __device__ __forceinline__ float* take(int floats) {
        float* taken = next;
        next += (floats + 3) / 4 * 4;
        return taken;
    }
};

// found (R, fields): where the rows are, none for entity 0, and y = PADDING at padding. The block is in step after.
__device__ __forceinline__ void find_history(const History& h, const Examples& own, int2* found) {
    for (int index = threadIdx.x; index < own.rows * h.fields.count; index += HISTORY_THREADS) {
        const int row = index / h.fields.count;
        const int id = h.ids[(long long)own.first * h.length + row];
        const bool valid = row % h.length >= h.length - h.lengths[own.first + row / h.length];
        found[index] = valid ? find_rows(h.fields.field[index % h.fields.count], id) : make_int2(0, PADDING);
    }
    __syncthreads();
}

// The larger of two magnitudes as bits, which compare like them.
__device__ __forceinline__ unsigned larger_magnitude(unsigned largest, float4 value) {
    return max(largest, max(max(__float_as_uint(value.x) & 0x7fffffffu, __float_as_uint(value.y) & 0x7fffffffu),
                            max(__float_as_uint(value.z) & 0x7fffffffu, __float_as_uint(value.w) & 0x7fffffffu)));
}

// Zeros from column d up to the next multiple of 16.
__device__ __forceinline__ void pad_rows(const History& h, float* values, int stride, int rows) {
    const int extra = round16(h.width) - h.width;
    for (int index = threadIdx.x; index < rows * extra; index += HISTORY_THREADS) {
        values[index / extra * stride + h.width + index % extra] = 0;
    }
}

// positioned (R, stride) = history + position at valid rows, else 0; and the history itself in raw, if that is not null. A thread owns four
// columns and every so many-th row, several of them at once. Returns the largest magnitude in positioned that the thread met, as bits.
__device__ __forceinline__ unsigned load_positioned(const History& h, const Examples& own, const int2* found, int stride, float* positioned, float* raw) {
    constexpr int AT_ONCE = 4;
    const int quads = h.width / 4;
    const int rows_at_once = HISTORY_THREADS / quads;
    const int column = threadIdx.x % quads * 4;
    int f = 0;
    while (column >= h.fields.field[f].column + h.fields.field[f].width) {
        f++;
    }
    const int table_stride = h.fields.field[f].table_stride;
    const float* table = h.fields.field[f].table + column - h.fields.field[f].column;
    const float* position = h.position + column;
    const int slice = threadIdx.x / quads;
    unsigned largest = 0;
    for (int first = slice; slice < rows_at_once && first < own.rows; first += AT_ONCE * rows_at_once) {
        float4 values[AT_ONCE];
        float4 addends[AT_ONCE];
        #pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            const int row = first + i * rows_at_once;
            const int2 place = row < own.rows ? found[row * h.fields.count + f] : make_int2(0, PADDING);
            values[i] = place.y > 0 ? *reinterpret_cast<const float4*>(table + (long long)place.x * table_stride) : make_float4(0, 0, 0, 0);
            addends[i] = place.y != PADDING ? *reinterpret_cast<const float4*>(position + row % h.length * h.width) : make_float4(0, 0, 0, 0);
        }
        #pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            const int row = first + i * rows_at_once;
            if (row < own.rows) {
                if (raw != nullptr) {
                    *reinterpret_cast<float4*>(raw + row * stride + column) = values[i];
                }
                const float4 sum =
                    make_float4(values[i].x + addends[i].x, values[i].y + addends[i].y, values[i].z + addends[i].z, values[i].w + addends[i].w);
                *reinterpret_cast<float4*>(positioned + row * stride + column) = sum;
                largest = larger_magnitude(largest, sum);
            }
        }
    }
    return largest;
}

// Eight lanes share a row: short rows keep them busy, and their sums take three steps.
constexpr int TEAM = 8;

template <class Combine> __device__ __forceinline__ float team_reduce(float value) {
    for (int distance = TEAM / 2; distance > 0; distance /= 2) {
        value = Combine()(value, __shfl_xor_sync(FULL_WARP, value, distance));
    }
    return value;
}

// Calls body(row, member of the team, active) for all rows; teams without a row of their own take part with the last one, not active.
template <class Body> __device__ __forceinline__ void for_each_row(int rows, Body body) {
    for (int first = warp_index() * (WARP / TEAM); first < rows; first += HISTORY_THREADS / TEAM) {
        const int row = first + lane_index() / TEAM;
        body(min(row, rows - 1), lane_index() % TEAM, row < rows);
    }
}

// Calls result(row, column, value) for rows (count, depth) in shared memory times the weights, (count, columns). Tasks of 16 rows and 32
// columns go to the warps in turn from task `start`; returns the number of tasks.
template <bool EXACT, WeightUse USE, class Result>
__device__ __forceinline__ int product(
    int start, const float* rows, int stride, int count, const float* weights, int weight_stride, int columns, int depth, Result result) {
    const int groups = (columns + GROUP - 1) / GROUP;
    const int tasks = (count + 15) / 16 * groups;
    for (int task = (warp_index() + HISTORY_WARPS - start % HISTORY_WARPS) % HISTORY_WARPS; task < tasks; task += HISTORY_WARPS) {
        const int first = task / groups * 16;
        const WeightGroup group = {weights, weight_stride, task % groups * GROUP, columns, 8, depth};
        float accumulators[1][4][4] = {};
        accumulate<EXACT, USE>(accumulators[0], rows + first * stride, stride, group, round16(depth), count - first);
        for_each_result<1>(accumulators, [&](int row, int tile, int position, float value) {
            const int column = group.first + result_column<USE>(tile, position);
            if (first + row < count && column < columns) {
                result(first + row, column, value);
            }
        });
    }
    return start + tasks;
}

// The same for leftᵀ right, (m, n), over `depth` rows of both: left (depth, m), right (depth, n). Columns of left up to the next multiple
// of 16 are read and ignored.
template <bool EXACT, class Result>
__device__ __forceinline__ int transposed_product(
    int start, const float* left, int left_stride, int m, const float* right, int right_stride, int n, int depth, Result result) {
    const int groups = (n + GROUP - 1) / GROUP;
    const int tasks = (m + 15) / 16 * groups;
    const int r = lane_index() / 4;
    const int q = lane_index() % 4;
    for (int task = (warp_index() + HISTORY_WARPS - start % HISTORY_WARPS) % HISTORY_WARPS; task < tasks; task += HISTORY_WARPS) {
        const int first_m = task / groups * 16;
        const int first_n = task % groups * GROUP;
        float accumulators[1][4][4] = {};
        for (int k = 0; k < depth; k += 8) {
            Operand<EXACT> a[4];
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                const int row = k + q + i / 2 * 4;
                a[i].set(row < depth ? left[row * left_stride + first_m + r + i % 2 * 8] : 0);
            }
            const int row0 = min(k + q, depth - 1);
            const int row1 = min(k + q + 4, depth - 1);
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                if (first_n + 8 * j >= n) {
                    break;
                }
                const int column = min(first_n + 8 * j + r, n - 1);
                Operand<EXACT> b0;
                Operand<EXACT> b1;
                b0.set(right[row0 * right_stride + column]);
                b1.set(right[row1 * right_stride + column]);
                mma(accumulators[0][j], a, b0, b1);
            }
        }
        for_each_result<1>(accumulators, [&](int row, int tile, int position, float value) {
            const int column = first_n + tile * 8 + position;
            if (first_m + row < m && column < n) {
                result(first_m + row, column, value);
            }
        });
    }
    return start + tasks;
}

// position_gradient[l] += sum over the block's examples of gradient(row, column).
template <class Gradient> __device__ __forceinline__ void add_position_gradient(const History& h, const Examples& own, Gradient gradient) {
    for (int index = threadIdx.x; index < h.length * h.width; index += HISTORY_THREADS) {
        const int l = index / h.width;
        float sum = 0;
        for (int example = 0; example < own.count; example++) {
            sum += gradient(example * h.length + l, index % h.width);
        }
        atomicAdd(h.position_gradient + index, sum);
    }
}

#endif

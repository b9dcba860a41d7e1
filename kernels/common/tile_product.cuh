// Products of a tile of rows in shared memory with a weight matrix in device memory, by one block of 16 warps. The rows are few (16 or 32)
// and the same for a whole chain of layers, so activations never leave the multiprocessor between two layers, while weights stream
// through registers from the L2 cache.
#ifndef AUTOTOWER_TILE_PRODUCT_CUH
#define AUTOTOWER_TILE_PRODUCT_CUH

#include "common/mma.cuh"

constexpr int TILE_THREADS = 512;
constexpr int TILE_WARPS = TILE_THREADS / WARP;
constexpr int GROUP = 32; // Columns of the result that one warp computes at a time.

// How a weight (out, in) is used: OUT_IN, y = x wᵀ with (N, K) = (out, in); IN_OUT, dx = dy w with (K, N) = (out, in).
enum WeightUse { OUT_IN, IN_OUT };

// Distance between rows in shared memory for `width` columns: 16 modulo 32, so that the 16-byte loads of a fragment meet 32 banks.
__host__ __device__ constexpr int padded(int width) { return (width + 31) / 32 * 32 + 16; }

// Floats of the memory in which warps that share a result add up their parts.
template <int MT> constexpr int PARTIAL_FLOATS = TILE_WARPS * GROUP * 16 * MT;

// A weight matrix and the 32 of its N columns that a warp computes: four tiles of 8, `tile_stride` apart (OUT_IN only).
struct WeightGroup {
    const float* weights;
    int stride;
    int first;
    int end;
    int tile_stride;
    int depth;
};

// Weights for 16 values of k: v[j][t] belongs to tile j and k + 4 (lane % 4) + t. Which k a lane holds is free as long as both operands
// agree; so one 16-byte load feeds two k-steps.
template <WeightUse USE> __device__ __forceinline__ void load_weights(float (&v)[4][4], const WeightGroup& group, int k) {
    const int row = lane_index() / 4;
    const int own = k + 4 * (lane_index() % 4);
    #pragma unroll
    for (int i = 0; i < 4; i++) {
        float4 loaded = make_float4(0, 0, 0, 0);
        if (USE == OUT_IN) {
            const int n = group.first + i * group.tile_stride + row;
            if (n < group.end && own < group.depth) {
                loaded = *reinterpret_cast<const float4*>(group.weights + (long long)n * group.stride + own);
            }
            v[i][0] = loaded.x;
            v[i][1] = loaded.y;
            v[i][2] = loaded.z;
            v[i][3] = loaded.w;
        } else {
            const int n = group.first + 4 * row;
            if (n < group.end && own + i < group.depth) {
                loaded = *reinterpret_cast<const float4*>(group.weights + (long long)(own + i) * group.stride + n);
            }
            v[0][i] = loaded.x;
            v[1][i] = loaded.y;
            v[2][i] = loaded.z;
            v[3][i] = loaded.w;
        }
    }
}

// accumulators += rows (16 MT, K) in shared memory times the weights of the group, k in [first_k, end_k), multiples of 16. Columns of the
// rows between depth and the next multiple of 16 must be finite: their weights count as zero. Rows from row_count on are not read; what
// accumulates for them means nothing.
template <int MT, bool EXACT, WeightUse USE>
__device__ __forceinline__ void accumulate(
    float (&accumulators)[MT][4][4], const float* rows, int row_stride, const WeightGroup& group, int first_k, int end_k,
    int row_count = 16 * MT) {
    float v[4][4];
    load_weights<USE>(v, group, first_k);
    const float* own = rows + 4 * (lane_index() % 4);
    int row[MT][2];
    #pragma unroll
    for (int m = 0; m < MT; m++) {
        #pragma unroll
        for (int half = 0; half < 2; half++) {
            row[m][half] = min(16 * m + 8 * half + lane_index() / 4, row_count - 1) * row_stride;
        }
    }
    for (int k = first_k; k < end_k; k += 16) {
        float next[4][4];
        if (k + 16 < end_k) {
            load_weights<USE>(next, group, k + 16);
        }
        Operand<EXACT> b[4][4];
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            #pragma unroll
            for (int t = 0; t < 4; t++) {
                b[j][t].set(v[j][t]);
            }
        }
        #pragma unroll
        for (int m = 0; m < MT; m++) {
            const float4 top = *reinterpret_cast<const float4*>(own + row[m][0] + k);
            const float4 bottom = *reinterpret_cast<const float4*>(own + row[m][1] + k);
            Operand<EXACT> a[4];
            a[0].set(top.x);
            a[1].set(bottom.x);
            a[2].set(top.y);
            a[3].set(bottom.y);
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                mma(accumulators[m][j], a, b[j][0], b[j][1]);
            }
            a[0].set(top.z);
            a[1].set(bottom.z);
            a[2].set(top.w);
            a[3].set(bottom.w);
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                mma(accumulators[m][j], a, b[j][2], b[j][3]);
            }
        }
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            #pragma unroll
            for (int t = 0; t < 4; t++) {
                v[j][t] = next[j][t];
            }
        }
    }
}

// Calls visit(row, tile j, position within the tile, value) for the lane's results.
template <int MT, class Visit> __device__ __forceinline__ void for_each_result(const float (&accumulators)[MT][4][4], Visit visit) {
    #pragma unroll
    for (int m = 0; m < MT; m++) {
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                visit(m * 16 + lane_index() / 4 + 8 * (i / 2), j, 2 * (lane_index() % 4) + i % 2, accumulators[m][j][i]);
            }
        }
    }
}

// The column, counted from the group's first, of a result.
template <WeightUse USE> __device__ __forceinline__ int result_column(int tile, int position) {
    return USE == OUT_IN ? tile * 8 + position : position * 4 + tile;
}

// Calls result(row, column, value) once for every element of rows (16 MT, depth) times the weights, (16 MT, columns). Where columns are
// few, several warps share a group of them and split k; their parts are added in a fixed order. The block must be in step before; other
// warps may still be computing when result is called, unless columns <= 256 and depth >= 32.
template <int MT, bool EXACT, WeightUse USE, class Result>
__device__ __forceinline__ void tile_product(
    const float* rows, int row_stride, const float* weights, int weight_stride, int columns, int depth, float* partial, Result result) {
    const int groups = (columns + GROUP - 1) / GROUP;
    const int steps = (depth + 15) / 16;
    const int split = min(max(TILE_WARPS / groups, 1), steps);
    WeightGroup group = {weights, weight_stride, 0, columns, 8, depth};
    if (split == 1) {
        for (int g = warp_index(); g < groups; g += TILE_WARPS) {
            float accumulators[MT][4][4] = {};
            group.first = g * GROUP;
            accumulate<MT, EXACT, USE>(accumulators, rows, row_stride, group, 0, steps * 16);
            for_each_result<MT>(accumulators, [&](int row, int tile, int position, float value) {
                const int column = group.first + result_column<USE>(tile, position);
                if (column < columns) {
                    result(row, column, value);
                }
            });
        }
        return;
    }
    const int g = warp_index() % groups;
    const int part = warp_index() / groups;
    const int width = groups * GROUP;
    if (part < split) {
        float accumulators[MT][4][4] = {};
        const int share = (steps + split - 1) / split;
        group.first = g * GROUP;
        accumulate<MT, EXACT, USE>(accumulators, rows, row_stride, group, min(part * share, steps) * 16, min((part + 1) * share, steps) * 16);
        for_each_result<MT>(accumulators, [&](int row, int tile, int position, float value) {
            partial[(part * 16 * MT + row) * width + group.first + result_column<USE>(tile, position)] = value;
        });
    }
    __syncthreads();
    for (int index = threadIdx.x; index < 16 * MT * columns; index += TILE_THREADS) {
        const int row = index / columns;
        const int column = index % columns;
        float sum = 0;
        for (int other = 0; other < split; other++) {
            sum += partial[(other * 16 * MT + row) * width + column];
        }
        result(row, column, sum);
    }
}

#endif

// Products of a tile of rows in shared memory with a weight matrix in device memory, by one block of 16 warps. The rows are few (16 or 32)
// and the same for a whole chain of layers, so activations never leave the multiprocessor between two layers, while weights stream
// through registers from the L2 cache. Rows are turned into pairs once (pack_rows), not by every warp that multiplies them.
#ifndef AUTOTOWER_TILE_PRODUCT_CUH
#define AUTOTOWER_TILE_PRODUCT_CUH

#include "common/half_pair.cuh"
#include "common/reduce.cuh"
#include "common/weights.cuh"

constexpr int TILE_THREADS = 512;
constexpr int TILE_WARPS = TILE_THREADS / WARP;

// Weights are scaled by a constant, since blocks of threads read them long before they could agree on a maximum: magnitudes below 256 are in
// range, those from 2^-10 on keep 22 bits, and smaller ones are exact to 2^-33.
constexpr float WEIGHT_SCALE = 256;

// Distance between rows in shared memory for `width` columns: 16 modulo 32, so that the 16-byte loads of a fragment meet 32 banks.
__host__ __device__ constexpr int padded(int width) { return (width + 31) / 32 * 32 + 16; }

// Floats of the memory in which warps that share a result add up their parts.
template <int MT> constexpr int PARTIAL_FLOATS = TILE_WARPS * GROUP * 16 * MT;

// Turns a row of `width` floats, a multiple of 4, into pairs scaled by a power of two, so that the largest lies in [2^13, 2^14), and
// fills the rest of the last 16 with zeros; by one warp. They may take the floats' own place. Returns what a product with weights is
// multiplied by to undo both scales.
__device__ __forceinline__ float pack_row(const float* row, float* packed, int width) {
    unsigned largest = 0; // Magnitudes compare like their bits.
    for (int column = 4 * lane_index(); column < width; column += 4 * WARP) {
        const float4 value = *reinterpret_cast<const float4*>(row + column);
        largest = max(largest, max(max(__float_as_uint(value.x) & 0x7fffffffu, __float_as_uint(value.y) & 0x7fffffffu),
                                   max(__float_as_uint(value.z) & 0x7fffffffu, __float_as_uint(value.w) & 0x7fffffffu)));
    }
    // Exponents as they stand in a float, 127 for one: scale = 13 - exponent of the largest, and not so large that undoing it underflows.
    const unsigned exponent = min(140 + 127 - (warp_max(largest) >> 23), 127u + 80);
    const float scale = __uint_as_float(exponent << 23);
    for (int column = 4 * lane_index(); column < (width + 15) / 16 * 16; column += 4 * WARP) {
        float4 value = make_float4(0, 0, 0, 0);
        if (column < width) {
            value = *reinterpret_cast<const float4*>(row + column);
        }
        *reinterpret_cast<uint4*>(packed + column) = to_pairs<true>(value.x * scale, value.y * scale, value.z * scale, value.w * scale);
    }
    return __uint_as_float((254 - exponent) << 23) / WEIGHT_SCALE;
}

__device__ __forceinline__ float pack_row(float* row, int width) { return pack_row(row, row, width); }

// A tile of packed rows; inverse undoes the scales.
struct PackedRows {
    const float* rows;
    int stride;
    const float* inverse; // (16 MT)
};

// pack_row for all rows of a tile. The block must be in step before, and is after.
template <int ROWS> __device__ __forceinline__ PackedRows pack_rows(float* rows, int stride, int width, float* inverse) {
    for (int row = warp_index(); row < ROWS; row += TILE_WARPS) {
        const float factor = pack_row(rows + row * stride, width);
        if (lane_index() == 0) {
            inverse[row] = factor;
        }
    }
    __syncthreads();
    return {rows, stride, inverse};
}

// The weights of a group for 16 values of k, on their way from memory to the tensor cores.
template <bool EXACT, WeightUse USE> struct Fragment {
    float v[4][4];

    __device__ __forceinline__ void load(const WeightGroup& group, int k) { load_weights<USE>(v, group, k); }

    __device__ __forceinline__ void to(uint4 (&pairs)[4]) const {
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            pairs[j] = to_pairs<EXACT>(v[j][0] * WEIGHT_SCALE, v[j][1] * WEIGHT_SCALE, v[j][2] * WEIGHT_SCALE, v[j][3] * WEIGHT_SCALE);
        }
    }
};

template <bool EXACT> struct Fragment<EXACT, PACKED> {
    uint4 v[4];

    __device__ __forceinline__ void load(const WeightGroup& group, int k) {
        const int own = k + 4 * (lane_index() % 4);
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            const int n = group.first + j * group.tile_stride + lane_index() / 4;
            v[j] = make_uint4(0, 0, 0, 0);
            if (n < group.end && own < group.depth) {
                v[j] = *reinterpret_cast<const uint4*>(group.weights + (long long)own * group.stride + 4 * n);
            }
        }
    }

    __device__ __forceinline__ void to(uint4 (&pairs)[4]) const {
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            pairs[j] = v[j];
        }
    }
};

// accumulators += packed rows (16 MT, K) times the weights of the group, k in [first_k, end_k), multiples of 16; still scaled. Loads run
// AHEAD steps before their use.
template <int MT, bool EXACT, WeightUse USE>
__device__ __forceinline__ void accumulate_pairs(
    float (&accumulators)[MT][4][4], const float* rows, int row_stride, const WeightGroup& group, int first_k, int end_k) {
    constexpr int AHEAD = USE == PACKED && MT == 1 ? 3 : 2; // 128 registers a thread have to hold them.
    const float* own = rows + lane_index() / 4 * row_stride + 4 * (lane_index() % 4);
    Fragment<EXACT, USE> fragments[AHEAD];
    #pragma unroll
    for (int i = 0; i < AHEAD; i++) {
        if (first_k + 16 * i < end_k) {
            fragments[i].load(group, first_k + 16 * i);
        }
    }
    for (int first = first_k; first < end_k; first += 16 * AHEAD) {
        #pragma unroll
        for (int i = 0; i < AHEAD; i++) {
            const int k = first + 16 * i;
            if (k >= end_k) {
                break;
            }
            uint4 pairs[4];
            fragments[i].to(pairs);
            if (k + 16 * AHEAD < end_k) {
                fragments[i].load(group, k + 16 * AHEAD);
            }
            #pragma unroll
            for (int m = 0; m < MT; m++) {
                const uint4 top = *reinterpret_cast<const uint4*>(own + 16 * m * row_stride + k);
                const uint4 bottom = *reinterpret_cast<const uint4*>(own + (16 * m + 8) * row_stride + k);
                mma_pairs<EXACT>(accumulators[m], top, bottom, pairs);
            }
        }
    }
}

// Calls result(row, column, value) once for every element of rows (16 MT, depth) times the weights, (16 MT, columns). Where columns are
// few, several warps share a group of them and split k; their parts are added in a fixed order. The block must be in step before; other
// warps may still be computing when result is called, unless columns <= 256 and depth >= 32.
template <int MT, bool EXACT, WeightUse USE, class Result>
__device__ __forceinline__ void tile_product(
    const PackedRows& rows, const float* weights, int weight_stride, int columns, int depth, float* partial, Result result) {
    const int groups = (columns + GROUP - 1) / GROUP;
    const int steps = (depth + 15) / 16;
    const int split = min(max(TILE_WARPS / groups, 1), steps);
    WeightGroup group = {weights, weight_stride, 0, columns, 8, depth};
    if (split == 1) {
        for (int g = warp_index(); g < groups; g += TILE_WARPS) {
            float accumulators[MT][4][4] = {};
            group.first = g * GROUP;
            accumulate_pairs<MT, EXACT, USE>(accumulators, rows.rows, rows.stride, group, 0, steps * 16);
            for_each_result<MT>(accumulators, [&](int row, int tile, int position, float value) {
                const int column = group.first + result_column<USE>(tile, position);
                if (column < columns) {
                    result(row, column, value * rows.inverse[row]);
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
        accumulate_pairs<MT, EXACT, USE>(accumulators, rows.rows, rows.stride, group, min(part * share, steps) * 16, min((part + 1) * share, steps) * 16);
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
        result(row, column, sum * rows.inverse[row]);
    }
}

#endif

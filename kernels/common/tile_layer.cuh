// Linear layers over a tile of 16 MT rows in shared memory, by one block of 16 warps. Two kinds of step take turns, with a barrier between:
// in a product all warps share the columns of the result, and weights stream through registers from the L2 cache; between products every
// row belongs to one warp, which adds up the parts of its sums, adds biases and turns the row into pairs for the next product. What a warp
// does to its own row needs no barrier.
//
// Code matters here as much as data: kernels that inline a product for every layer outgrow the instruction cache. So there is one, a
// function, for all layers of a kernel.
#ifndef AUTOTOWER_TILE_LAYER_CUH
#define AUTOTOWER_TILE_LAYER_CUH

#include "common/packed_row.cuh"

constexpr int GROUP = 32; // Columns of the result that one warp computes at a time.
constexpr int MOST_PARTS = 8;

// Floats of the memory for results that several warps have parts of, or that nobody needs a place of their own for: (parts, 16 MT, stride).
template <int MT> constexpr int SUM_FLOATS = MT * 16 * MOST_PARTS * padded(64);

__device__ __forceinline__ float4 load_quad(const float* source) { return *reinterpret_cast<const float4*>(source); }
__device__ __forceinline__ float4 operator+(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }
__device__ __forceinline__ float4 operator*(float4 a, float b) { return make_float4(a.x * b, a.y * b, a.z * b, a.w * b); }
__device__ __forceinline__ void store_quad(float* destination, float4 value) { *reinterpret_cast<float4*>(destination) = value; }

// Rows of packed pairs; with tokens, several products of one row with the same weights, token_step floats apart.
struct LayerInput {
    const float* rows;
    int stride;
    int tokens;
    int token_step;
};

// A packed weight (pack_weights.cu, packed_place): columns a multiple of 32 and depth of 16, filled up with zeros.
struct LayerWeight {
    const float* pairs;
    int columns;
    int depth;

    __device__ __forceinline__ LayerWeight(const float* pairs, int columns, int depth)
        : pairs(pairs), columns((columns + 31) & ~31), depth((depth + 15) & ~15) {}
};

// Where the result goes: parts of the sum over k lie part_step floats apart. They are still scaled by both operands' scales.
struct LayerSums {
    float* sums;
    int stride;
    int parts;
    int part_step;

    // In the memory for sums: as many parts as keep all warps busy. Where that is one, the result lies in `whole`, and may be wider.
    template <int MT> __device__ __forceinline__ static LayerSums shared_by_warps(float* memory, float* whole, const LayerWeight& weight) {
        const int parts = min(min(max(TILE_WARPS * GROUP / weight.columns, 1), weight.depth / 16), MOST_PARTS);
        const int stride = padded(weight.columns);
        return {parts == 1 ? whole : memory, stride, parts, 16 * MT * stride};
    }

    // The sum of the parts of four columns of a row, times a scale; pair: of two columns.
    __device__ __forceinline__ float4 quad(int row, int column, float scale) const {
        const float* own = sums + row * stride + column;
        float4 sum = load_quad(own);
        #pragma unroll 4
        for (int part = 1; part < parts; part++) {
            sum = sum + load_quad(own + part * part_step);
        }
        return sum * scale;
    }

    __device__ __forceinline__ float2 pair(int row, int column, float scale) const {
        const float* own = sums + row * stride + column;
        float2 sum = *reinterpret_cast<const float2*>(own);
        #pragma unroll 4
        for (int part = 1; part < parts; part++) {
            const float2 other = *reinterpret_cast<const float2*>(own + part * part_step);
            sum.x += other.x;
            sum.y += other.y;
        }
        return make_float2(sum.x * scale, sum.y * scale);
    }
};

// sums = rows times weight, in parts or for several tokens; every token has its own 16 MT x columns at token * columns. The block must be in step before and after.
template <int MT, bool EXACT> __device__ __noinline__ void multiply(LayerInput input, LayerWeight weight, LayerSums result) {
    constexpr int AHEAD = 2; // The weights that are under way have to fit into 128 registers a thread.
    const int r = lane_index() / 4;
    const int q = lane_index() % 4;
    const unsigned groups = (unsigned)weight.columns / GROUP;
    const int steps = weight.depth / 16;
    const int share = (unsigned)(steps + result.parts - 1) / (unsigned)result.parts;
    const unsigned tasks = groups * input.tokens * result.parts;
    for (unsigned task = warp_index(); task < tasks; task += TILE_WARPS) {
        const int lot = task / groups;
        const int group = task - lot * groups;
        const int token = input.tokens > 1 ? lot : 0;
        const int part = input.tokens > 1 ? 0 : lot;
        const int first = part * share;
        const int count = min(share, steps - first);
        const uint4* pairs = reinterpret_cast<const uint4*>(weight.pairs) + packed_place(4 * first, group * GROUP, weight.columns) + lane_index();
        SharedAddress own = shared_address(input.rows + token * input.token_step + r * input.stride + 16 * first + 4 * q);
        float accumulators[MT][4][4] = {};
        uint4 ahead[AHEAD][4];
        #pragma unroll
        for (int i = 0; i < AHEAD; i++) {
            if (i < count) {
                #pragma unroll
                for (int j = 0; j < 4; j++) {
                    ahead[i][j] = __ldg(pairs + 4 * i * weight.columns + WARP * j);
                }
            }
        }
        pairs += 4 * AHEAD * weight.columns;
        #pragma unroll 1
        for (int step = 0; step < count; step += AHEAD) {
            #pragma unroll
            for (int i = 0; i < AHEAD; i++) {
                if (step + i >= count) {
                    break;
                }
                #pragma unroll
                for (int m = 0; m < MT; m++) {
                    const uint4 top = load_shared_quad(own + 64 * i + 64 * m * input.stride);
                    const uint4 bottom = load_shared_quad(own + 64 * i + (64 * m + 32) * input.stride);
                    mma_pairs<EXACT>(accumulators[m], top, bottom, ahead[i]);
                }
                if (step + i + AHEAD < count) {
                    #pragma unroll
                    for (int j = 0; j < 4; j++) {
                        ahead[i][j] = __ldg(pairs + 4 * i * weight.columns + WARP * j);
                    }
                }
            }
            pairs += 4 * AHEAD * weight.columns;
            own += 64 * AHEAD;
        }
        const SharedAddress place =
            shared_address(result.sums + part * result.part_step + r * result.stride + token * weight.columns + group * GROUP + 2 * q);
        #pragma unroll
        for (int m = 0; m < MT; m++) {
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                store_shared_pair(place + 64 * m * result.stride + 32 * j, make_float2(accumulators[m][j][0], accumulators[m][j][1]));
                store_shared_pair(place + (64 * m + 32) * result.stride + 32 * j, make_float2(accumulators[m][j][2], accumulators[m][j][3]));
            }
        }
    }
}

// Calls each(row) for the rows of the calling warp.
template <int MT, class Each> __device__ __forceinline__ void for_own_rows(Each each) {
    #pragma unroll
    for (int i = 0; i < MT; i++) {
        each(warp_index() + i * TILE_WARPS);
    }
}

// Calls each(column) for every fourth column of a row, lanes side by side.
template <class Each> __device__ __forceinline__ void for_own_quads(int width, Each each) {
    #pragma unroll 1
    for (int column = 4 * lane_index(); column < width; column += 4 * WARP) {
        each(column);
    }
}

// A row from device to shared memory, or zeros, by its warp.
__device__ __forceinline__ void load_row(float* destination, const float* source, int width, bool valid) {
    for_own_quads(width, [&](int column) { store_quad(destination + column, valid ? load_quad(source + column) : make_float4(0, 0, 0, 0)); });
}

// The pairs of a row of which value(column) gives four columns, `width` of at most 128 QUADS, by its warp. Values stay in registers until the
// largest is known. The row is left to its warp, with what undoes its scale in *inverse.
template <int QUADS, class Value> __device__ __forceinline__ void pack_values(float* packed, int width, float* inverse, Value value) {
    float4 values[QUADS];
    unsigned largest = 0;
    #pragma unroll
    for (int i = 0; i < QUADS; i++) {
        if (4 * WARP * i >= width) { // Most rows are narrow.
            break;
        }
        const int column = 4 * (lane_index() + i * WARP);
        values[i] = make_float4(0, 0, 0, 0);
        if (column < width) {
            values[i] = value(column);
            largest = max(largest, largest_bits(values[i]));
        }
    }
    const float scale = pair_scale(warp_max(largest));
    __syncwarp(); // Values may come from where pairs go.
    const int filled = (width + 15) & ~15;
    #pragma unroll
    for (int i = 0; i < QUADS; i++) {
        if (4 * WARP * i >= width) {
            break;
        }
        const int column = 4 * (lane_index() + i * WARP);
        if (column < filled) {
            *reinterpret_cast<uint4*>(packed + column) =
                to_pairs<true>(values[i].x * scale, values[i].y * scale, values[i].z * scale, values[i].w * scale);
        }
    }
    if (lane_index() == 0) {
        *inverse = undo(scale) / WEIGHT_SCALE;
    }
    __syncwarp();
}

// The row's own pairs and what undoes their scale, by its warp.
__device__ __forceinline__ void pack_own_row(const float* row, float* packed, int width, float* inverse) {
    __syncwarp();
    const float factor = pack_row(row, packed, width);
    __syncwarp();
    if (lane_index() == 0) {
        *inverse = factor;
    }
    __syncwarp();
}

#endif

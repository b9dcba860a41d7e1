// Queries and keys of the histories of a block, as pairs in shared memory: how history_self_attention.cu divides its memory, the gather, the split
// of x and of the projection's weight, the projection itself, and the random numbers of dropout.
#ifndef AUTOTOWER_HISTORY_PROJECTION_CUH
#define AUTOTOWER_HISTORY_PROJECTION_CUH

#include "common/async_copy.cuh"
#include "common/history.cuh"
#include "common/pair_rows.cuh"

// What scales are made of: magnitudes of the block, as bits.
enum Magnitude { OF_X, OF_WEIGHT, OF_BIAS, OF_MEAN_GRADIENT, MAGNITUDES };

// Products read so many floats past the last row of a matrix of pairs, to no effect; they must not be another array's.
constexpr int PAST_ROWS = 4;

// The block's arrays in shared memory.
struct Arrays {
    int wide;
    int stride;           // of x, of the weight and of dx
    int projected_stride; // of q | k and its gradient
    int score_stride;
    int mean_stride;
    int vector_stride;
    float* x;                   // (R, wide), as pairs
    float* query_key;           // (R, 2 wide), as pairs
    float* query_key_gradients; // (R, 2 wide), as pairs; backward only
    float* weight;              // (panel, wide), as pairs: rows of q | k's weight
    float* bias;                // (2 wide): of q | k
    float* scores;              // (R, L)
    float* means;               // (R): c
    float* mean_gradients;      // (examples, L): dc / valid, backward only
    float* masses;              // (examples): sum of c
    float* vectors[3];          // (examples, d)
    int2* found;                // (R, fields)
    unsigned* largest;          // (MAGNITUDES)

    __device__ __forceinline__ Arrays(float* memory, const History& h, bool backward) {
        SharedMemory shared = {memory};
        const int rows = h.examples * h.length;
        wide = round8(h.width);
        stride = pair_stride(wide);
        projected_stride = pair_stride(2 * wide);
        score_stride = pair_stride(h.length);
        mean_stride = round8(h.length);
        vector_stride = row_stride(h.width);
        x = shared.take(rows * stride + PAST_ROWS);
        query_key = shared.take(rows * projected_stride + PAST_ROWS);
        query_key_gradients = backward ? shared.take(rows * projected_stride + PAST_ROWS) : nullptr;
        weight = shared.take(h.panel * stride + PAST_ROWS);
        bias = shared.take(2 * wide);
        scores = shared.take(rows * score_stride + PAST_ROWS);
        means = shared.take(rows);
        mean_gradients = backward ? shared.take(h.examples * mean_stride) : nullptr;
        masses = shared.take(h.examples);
        for (int i = 0; i < 3; i++) {
            vectors[i] = shared.take(h.examples * vector_stride);
        }
        found = reinterpret_cast<int2*>(shared.take(2 * rows * h.fields.count));
        largest = reinterpret_cast<unsigned*>(shared.take(MAGNITUDES));
    }

    // Which output of the layer a column of q | k is, or -1.
    __device__ __forceinline__ int output_of(const History& h, int column) const {
        const int own = column < wide ? column : column - wide;
        return own < h.width ? column < wide ? own : own + h.width : -1;
    }
};

// The thread's four columns of rows of `wide`, and its rows: every so many-th.
struct Quads {
    int column;
    int slice; // `slices` or more: none
    int slices;

    __device__ __forceinline__ explicit Quads(int wide) {
        const int count = wide / 4;
        column = threadIdx.x % count * 4;
        slice = threadIdx.x / count;
        slices = HISTORY_THREADS / count;
    }
};

// Scales that all products of the block share. 2^k for pairs below a bound; see pair_rows.cuh.
struct Scales {
    float x;
    float query_key;
    float query_key_bound;

    __device__ __forceinline__ Scales(const History& h, const Arrays& at) {
        x = pair_scale(at.largest[OF_X]);
        query_key_bound = h.width * __uint_as_float(at.largest[OF_X]) * __uint_as_float(at.largest[OF_WEIGHT]) + __uint_as_float(at.largest[OF_BIAS]);
        query_key = scale_below(query_key_bound);
    }
};

__device__ __forceinline__ void record_largest(unsigned* place, unsigned magnitude) {
    magnitude = warp_max(magnitude);
    if (lane_index() == 0) {
        atomicMax(place, magnitude);
    }
}

// Starts to copy rows of the weight from padded row `first` on, still floats; those that only pad become zeros.
__device__ __forceinline__ void fetch_panel(const History& h, const Arrays& at, const Quads& quads, int first) {
    const int count = min(h.panel, 2 * at.wide - first);
    for (int row = quads.slice; quads.slice < quads.slices && row < count; row += quads.slices) {
        const int output = at.output_of(h, first + row);
        float* place = at.weight + row * at.stride + quads.column;
        if (output >= 0 && quads.column < h.width) {
            copy_16_bytes_async(place, h.first.weight + output * h.width + quads.column);
        } else {
            *reinterpret_cast<float4*>(place) = make_float4(0, 0, 0, 0);
        }
    }
    commit_async_copies();
}

// Rows of `wide` from floats to pairs, in place. Returns the largest magnitude that the thread met. The block must be in step before.
template <bool EXACT> __device__ __noinline__ unsigned pack(float* rows, int stride, int count, Quads quads, float scale) {
    constexpr int AT_ONCE = 5;
    unsigned largest = 0;
    #pragma unroll 1
    for (int start = 0; start < count; start += AT_ONCE * quads.slices) {
        float4 values[AT_ONCE];
        float* own = rows + (start + quads.slice) * stride + quads.column;
        #pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            const bool active = quads.slice < quads.slices && start + quads.slice + i * quads.slices < count;
            values[i] = active ? *reinterpret_cast<const float4*>(own + i * quads.slices * stride) : make_float4(0, 0, 0, 0);
        }
        __syncwarp(); // Others have read what is written now.
        #pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            largest = larger_magnitude(largest, values[i]);
            if (quads.slice < quads.slices && start + quads.slice + i * quads.slices < count) {
                store_quad_pairs<EXACT>(own + i * quads.slices * stride - quads.column, quads.column,
                    make_float4(values[i].x * scale, values[i].y * scale, values[i].z * scale, values[i].w * scale));
            }
        }
    }
    return largest;
}

// The rows that were fetched, as pairs. The block must be in step before, with all copies done.
template <bool EXACT> __device__ __forceinline__ unsigned pack_panel(const History& h, const Arrays& at, const Quads& quads, int first) {
    return pack<EXACT>(at.weight, at.stride, min(h.panel, 2 * at.wide - first), quads, WEIGHT_SCALE);
}

// Another panel in the place of the one before, for which the block has no more use.
template <bool EXACT> __device__ __forceinline__ void change_panel(const History& h, const Arrays& at, const Quads& quads, int first) {
    __syncthreads();
    fetch_panel(h, at, quads, first);
    wait_async_copies<0>();
    __syncthreads();
    pack_panel<EXACT>(h, at, quads, first);
    __syncthreads();
}

// x and the first rows of the weight as pairs, and the magnitudes that Scales reads. The block must be in step after, before these are used.
template <bool EXACT> __device__ __forceinline__ void load(const History& h, const Examples& own, const Arrays& at, const Quads& quads) {
    fetch_panel(h, at, quads, 0);
    if (threadIdx.x < MAGNITUDES) {
        at.largest[threadIdx.x] = 0;
    }
    find_history(h, own, at.found);
    const unsigned x = load_positioned(h, own, at.found, at.stride, at.x, nullptr);
    if (h.width < at.wide) {
        for (int row = threadIdx.x; row < own.rows; row += HISTORY_THREADS) {
            *reinterpret_cast<float4*>(at.x + row * at.stride + h.width) = make_float4(0, 0, 0, 0);
        }
    }
    unsigned bias = 0;
    for (int column = threadIdx.x; column < 2 * at.wide; column += HISTORY_THREADS) {
        const int output = at.output_of(h, column);
        const float value = output >= 0 ? h.first.bias[output] : 0;
        at.bias[column] = value;
        bias = max(bias, __float_as_uint(value) & 0x7fffffffu);
    }
    record_largest(at.largest + OF_X, x);
    record_largest(at.largest + OF_BIAS, bias);
    wait_async_copies<0>();
    __syncthreads();
    unsigned weight = pack_panel<EXACT>(h, at, quads, 0);
    if (h.panel < 2 * at.wide) {
        for (int i = threadIdx.x; i < 2 * h.width * h.width / 4; i += HISTORY_THREADS) {
            weight = larger_magnitude(weight, reinterpret_cast<const float4*>(h.first.weight)[i]);
        }
    }
    record_largest(at.largest + OF_WEIGHT, weight);
    pack<EXACT>(at.x, at.stride, own.rows, quads, pair_scale(at.largest[OF_X]));
}

// Whether dropout keeps each of four neighbouring weights from number `first` on; four of them share a block of random numbers.
__device__ __forceinline__ void draw_four(const History& h, long long first, bool (&kept)[4]) {
    const unsigned step = (unsigned)*h.clock;
    const unsigned long long block = (unsigned long long)first / 4;
    const uint4 random = philox(h.dropout_seed, (unsigned)block, (unsigned)(block >> 32), step, RANDOM_STREAM_DROPOUT);
    unsigned words[8] = {random.x, random.y, random.z, random.w};
    const int shift = (int)(first % 4);
    if (shift > 0) {
        const uint4 more = philox(h.dropout_seed, (unsigned)(block + 1), (unsigned)((block + 1) >> 32), step, RANDOM_STREAM_DROPOUT);
        words[4] = more.x;
        words[5] = more.y;
        words[6] = more.z;
        words[7] = more.w;
        #pragma unroll
        for (int bit = 1; bit <= 2; bit++) {
            #pragma unroll
            for (int i = 0; i + bit < 8; i++) {
                words[i] = shift & bit ? words[i + bit] : words[i];
            }
        }
    }
    #pragma unroll
    for (int i = 0; i < 4; i++) {
        kept[i] = to_uniform(words[i]) >= h.dropout_rate;
    }
}

// query_key = x wᵀ + b. The block must be in step before, and is after; the panels that were not loaded yet take the first one's place.
template <bool EXACT>
__device__ __forceinline__ void project(const History& h, const Examples& own, const Arrays& at, const Quads& quads, const Scales& scales) {
    const float factor = undo(scales.x) * scales.query_key / WEIGHT_SCALE;
    const float bias_factor = scales.query_key;
    #pragma unroll 1
    for (int first = 0; first < 2 * at.wide; first += h.panel) {
        if (first > 0) {
            change_panel<EXACT>(h, at, quads, first);
        }
        pair_product<EXACT, HISTORY_WARPS, 2, AS_ROWS, AS_ROWS>(0, {at.x, at.stride}, own.rows, {at.weight, at.stride},
            min(h.panel, 2 * at.wide - first), h.width, [&](int row) {
                float* place = at.query_key + row * at.projected_stride + first - 2 * (lane_index() % 4);
                const float* biases = at.bias + first;
                return [=](int column, float a, float b) {
                    const float2 bias = *reinterpret_cast<const float2*>(biases + column);
                    store_result_pairs<EXACT>(place + column, a * factor + bias.x * bias_factor, b * factor + bias.y * bias_factor);
                };
            });
    }
    __syncthreads();
}

#endif

// Batch softmax without a (B, B) matrix in device memory, for batches whose rows of scores fit into shared memory (B <= 3072).
//   s[i, j] = u[i] . v[j] / tau - log p[j];  loss += -(1/B) sum_i r[i] log softmax(s[i])[i];
//   g[i, j] = r[i] (softmax(s[i])[j] - [i = j]) / (B tau);  gradient of u = g v (rows),  gradient of v = gᵀ u (columns).
// Users and items (groups * B, 64), each group a batch of its own; gradients are assigned. A block of threads takes 16 rows or columns.
// Rows saves log sum exp s[i, :] (groups * B) for columns, which computes its scores again: cheaper than 4 B² bytes written and read.
#include "common/completion.cuh"
#include "common/reduce.cuh"
#include "common/tile_product.cuh"

constexpr int WIDTH = 64;
constexpr int ROWS = 16;

struct Softmax {
    const float* users;
    const float* items;
    const float* log_probability; // (groups * B), or null
    const float* rewards;         // (groups * B), or null
    float* user_gradients;        // (groups * B, 64), or null
    float* item_gradients;
    float* log_sums;              // (groups * B)
    float* terms;                 // (groups * B): r[i] log softmax(s[i])[i]
    float* loss;                  // (1), accumulated
    int* counter;                 // zero between launches
    int batch;
    int groups;
    float inverse_temperature;
};

struct SoftmaxTile {
    long long group;
    int start;
    int valid;
};

__device__ __forceinline__ SoftmaxTile softmax_tile(const Softmax& s) {
    const int of_group = (s.batch + ROWS - 1) / ROWS;
    const int start = (int)blockIdx.x % of_group * ROWS;
    return {(long long)(blockIdx.x / of_group) * s.batch, start, min(ROWS, s.batch - start)};
}

__device__ __forceinline__ void load_tile(float* tile, const float* source, int valid) {
    for (int index = threadIdx.x; index < ROWS * WIDTH / 4; index += TILE_THREADS) {
        const int row = index / (WIDTH / 4);
        const int column = index % (WIDTH / 4) * 4;
        *reinterpret_cast<float4*>(tile + row * padded(WIDTH) + column) =
            row < valid ? *reinterpret_cast<const float4*>(source + row * WIDTH + column) : make_float4(0, 0, 0, 0);
    }
}

template <bool EXACT> __device__ __forceinline__ void softmax_rows(const Softmax& s) {
    const SoftmaxTile tile = softmax_tile(s);
    const int stride = padded(s.batch);
    DYNAMIC_SHARED(float, memory);
    float* partial = memory;
    float* inverse = partial + PARTIAL_FLOATS<1>;
    float* users = inverse + ROWS;
    float* scores = users + ROWS * padded(WIDTH);
    const float* items = s.items + tile.group * WIDTH;
    load_tile(users, s.users + (tile.group + tile.start) * WIDTH, tile.valid);
    __syncthreads();
    const PackedRows own_users = pack_rows<ROWS>(users, padded(WIDTH), WIDTH, inverse);
    tile_product<1, EXACT, OUT_IN>(own_users, items, WIDTH, s.batch, WIDTH, partial, [&](int row, int column, float value) {
        scores[row * stride + column] = value * s.inverse_temperature - (s.log_probability == nullptr ? 0 : s.log_probability[tile.group + column]);
    });
    __syncthreads();
    const float factor = s.inverse_temperature / s.batch;
    for (int row = warp_index(); row < ROWS; row += TILE_WARPS) {
        float* own = scores + row * stride;
        float largest = -infinity();
        for (int j = lane_index(); j < s.batch; j += WARP) {
            largest = fmaxf(largest, own[j]);
        }
        largest = warp_max(largest);
        const long long place = tile.group + tile.start + row;
        const float own_score = row < tile.valid ? own[tile.start + row] : 0;
        __syncwarp();
        float sum = 0;
        for (int j = lane_index(); j < (s.batch + 15) / 16 * 16; j += WARP) {
            const float exponential = j < s.batch ? expf(own[j] - largest) : 0;
            own[j] = exponential;
            sum += exponential;
        }
        sum = warp_sum(sum);
        const float reward = s.rewards == nullptr || row >= tile.valid ? 1 : s.rewards[place];
        if (lane_index() == 0 && row < tile.valid) {
            s.log_sums[place] = largest + logf(sum);
            s.terms[place] = reward * (own_score - largest - logf(sum));
        }
        if (s.user_gradients != nullptr) {
            const float scaled = reward * factor / sum;
            for (int j = lane_index(); j < s.batch; j += WARP) {
                own[j] = own[j] * scaled - (j == tile.start + row ? reward * factor : 0);
            }
        }
    }
    __syncthreads();
    if (s.user_gradients != nullptr) {
        const PackedRows gradients = pack_rows<ROWS>(scores, stride, (s.batch + 15) / 16 * 16, inverse);
        tile_product<1, EXACT, IN_OUT>(gradients, items, WIDTH, WIDTH, s.batch, partial, [&](int row, int column, float value) {
            if (row < tile.valid) {
                s.user_gradients[(tile.group + tile.start + row) * WIDTH + column] = value;
            }
        });
    }
    // The last block of threads adds up all terms, so that the loss does not depend on the order in which blocks finish.
    if (!is_last_block(s.counter, gridDim.x)) {
        return;
    }
    double sum = 0;
    for (long long i = threadIdx.x; i < (long long)s.groups * s.batch; i += TILE_THREADS) {
        sum += s.terms[i];
    }
    sum = block_sum<TILE_THREADS>(sum);
    if (threadIdx.x == 0) {
        *s.loss += (float)(-sum / s.batch);
    }
}

template <bool EXACT> __device__ __forceinline__ void softmax_columns(const Softmax& s) {
    const SoftmaxTile tile = softmax_tile(s);
    const int stride = padded(s.batch);
    DYNAMIC_SHARED(float, memory);
    float* partial = memory;
    float* inverse = partial + PARTIAL_FLOATS<1>;
    float* items = inverse + ROWS;
    float* scores = items + ROWS * padded(WIDTH);
    const float* users = s.users + tile.group * WIDTH;
    load_tile(items, s.items + (tile.group + tile.start) * WIDTH, tile.valid);
    for (int index = threadIdx.x; index < ROWS * 16; index += TILE_THREADS) {
        const int column = s.batch / 16 * 16 + index % 16;
        if (column >= s.batch && column < stride) {
            scores[index / 16 * stride + column] = 0;
        }
    }
    __syncthreads();
    const float factor = s.inverse_temperature / s.batch;
    const PackedRows own_items = pack_rows<ROWS>(items, padded(WIDTH), WIDTH, inverse);
    tile_product<1, EXACT, OUT_IN>(own_items, users, WIDTH, s.batch, WIDTH, partial, [&](int row, int column, float value) {
        float gradient = 0;
        if (row < tile.valid) {
            const int item = tile.start + row;
            const float score = value * s.inverse_temperature - (s.log_probability == nullptr ? 0 : s.log_probability[tile.group + item]);
            const float reward = s.rewards == nullptr ? 1 : s.rewards[tile.group + column];
            gradient = reward * (expf(score - s.log_sums[tile.group + column]) - (column == item ? 1 : 0)) * factor;
        }
        scores[row * stride + column] = gradient;
    });
    __syncthreads();
    const PackedRows gradients = pack_rows<ROWS>(scores, stride, (s.batch + 15) / 16 * 16, inverse);
    tile_product<1, EXACT, IN_OUT>(gradients, users, WIDTH, WIDTH, s.batch, partial, [&](int row, int column, float value) {
        if (row < tile.valid) {
            s.item_gradients[(tile.group + tile.start + row) * WIDTH + column] = value;
        }
    });
}

extern "C" __global__ void __launch_bounds__(512) tile_softmax_rows(Softmax softmax) { softmax_rows<true>(softmax); }
extern "C" __global__ void __launch_bounds__(512) tile_softmax_rows_tf32(Softmax softmax) { softmax_rows<false>(softmax); }
extern "C" __global__ void __launch_bounds__(512) tile_softmax_columns(Softmax softmax) { softmax_columns<true>(softmax); }
extern "C" __global__ void __launch_bounds__(512) tile_softmax_columns_tf32(Softmax softmax) { softmax_columns<false>(softmax); }

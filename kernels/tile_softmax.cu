// Batch softmax without a (B, B) matrix in device memory.
//   s[i, j] = u[i] . v[j] / tau - log p[j];  loss += -(1/B) sum_i r[i] log softmax(s[i])[i];
//   g[i, j] = r[i] (softmax(s[i])[j] - [i = j]) / (B tau);  gradient of u = g v,  gradient of v = gᵀ u.
// Users and items (groups * B, 64), each group a batch of its own; gradients are assigned. A block of threads takes 16 rows or columns, and
// of their scores as many at a time as fit into shared memory.
//
// tile_softmax_loss is all where no gradients are wanted. With them, tile_softmax_sums finds max and sum exp of every row, columns divided
// among blocks of threads so that they fill the device, and tile_softmax_gradients computes scores again, on either side: cheaper than 4 B²
// bytes written and read.
#include "common/completion.cuh"
#include "common/dependent.cuh"
#include "common/reduce.cuh"
#include "common/tile_product.cuh"

constexpr int WIDTH = 64;
constexpr int ROWS = 16;

struct Softmax {
    const float* users;
    const float* items;
    const float* log_probability; // (groups * B), or null
    const float* rewards;         // (groups * B), or null
    float* user_gradients;        // (groups * B, 64)
    float* item_gradients;
    float2* sums;                 // (parts, groups * B): max over the part's columns of s[i, :], and sum of exp(s[i, :] - max)
    float* terms;                 // (groups * B): r[i] log softmax(s[i])[i]
    float* loss;                  // (1), accumulated
    int* counter;                 // zero between launches
    int batch;
    int groups;
    int parts;                    // that columns are divided into, of `chunk` at most
    int chunk;                    // scores of a row that are in shared memory at a time, a multiple of 32
    float inverse_temperature;
};

// The 16 rows of one side that a block of threads owns.
struct SoftmaxTile {
    long long group; // its first row
    int start;       // within the group
    int valid;

    __device__ __forceinline__ explicit SoftmaxTile(const Softmax& s) {
        const int of_group = (s.batch + ROWS - 1) / ROWS;
        start = (int)blockIdx.x % of_group * ROWS;
        group = (long long)(blockIdx.x / of_group) * s.batch;
        valid = min(ROWS, s.batch - start);
    }
};

// TowerMemory.cs adds up the same.
struct SoftmaxMemory {
    float* partial;
    float* tile_inverse;   // (16)
    float* scores_inverse; // (16)
    float* tile;           // (16, 64)
    float* log_sums;       // (chunk)
    float* scores;         // (16, chunk)

    __device__ __forceinline__ SoftmaxMemory(float* memory, int chunk) {
        partial = memory;
        tile_inverse = partial + PARTIAL_FLOATS<1>;
        scores_inverse = tile_inverse + ROWS;
        tile = scores_inverse + ROWS;
        log_sums = tile + ROWS * padded(WIDTH);
        scores = log_sums + padded(chunk);
    }
};

__device__ __forceinline__ PackedRows load_tile(const SoftmaxMemory& memory, const float* source, int valid) {
    for (int index = threadIdx.x; index < ROWS * WIDTH / 4; index += TILE_THREADS) {
        const int row = index / (WIDTH / 4);
        const int column = index % (WIDTH / 4) * 4;
        *reinterpret_cast<float4*>(memory.tile + row * padded(WIDTH) + column) =
            row < valid ? *reinterpret_cast<const float4*>(source + row * WIDTH + column) : make_float4(0, 0, 0, 0);
    }
    __syncthreads();
    return pack_rows<ROWS>(memory.tile, padded(WIDTH), WIDTH, memory.tile_inverse);
}

__device__ __forceinline__ float correction(const Softmax& s, long long item) { return s.log_probability == nullptr ? 0 : s.log_probability[item]; }
__device__ __forceinline__ float reward(const Softmax& s, long long user) { return s.rewards == nullptr ? 1 : s.rewards[user]; }

__device__ __forceinline__ PackedRows load_users(const Softmax& s, const SoftmaxTile& tile, const SoftmaxMemory& memory) {
    return load_tile(memory, s.users + (tile.group + tile.start) * WIDTH, tile.valid);
}

// Two parts of a row's max and sum exp(s - max) as one.
__device__ __forceinline__ float2 merge(float2 a, float2 b) {
    const float largest = fmaxf(a.x, b.x);
    return make_float2(largest, a.y * expf(a.x - largest) + b.y * expf(b.x - largest));
}

// Calls row_sums(row, (max, sum exp(s - max))) in lane 0 of one warp, for the tile's users over items [first, first + columns) of the group.
template <bool EXACT, class RowSums>
__device__ __forceinline__ void sum_rows(
    const Softmax& s, const SoftmaxTile& tile, const SoftmaxMemory& memory, const PackedRows& users, int first, int columns, RowSums row_sums) {
    const int stride = padded(s.chunk);
    const float* items = s.items + (tile.group + first) * WIDTH;
    tile_product<1, EXACT, OUT_IN>(users, items, WIDTH, columns, WIDTH, memory.partial, [&](int row, int column, float value) {
        memory.scores[row * stride + column] = value * s.inverse_temperature - correction(s, tile.group + first + column);
    });
    __syncthreads();
    for (int row = warp_index(); row < tile.valid; row += TILE_WARPS) {
        const float* own = memory.scores + row * stride;
        float largest = -infinity();
        for (int j = lane_index(); j < columns; j += WARP) {
            largest = fmaxf(largest, own[j]);
        }
        largest = warp_max(largest);
        float sum = 0;
        for (int j = lane_index(); j < columns; j += WARP) {
            sum += expf(own[j] - largest);
        }
        sum = warp_sum(sum);
        if (lane_index() == 0) {
            row_sums(row, make_float2(largest, sum));
        }
    }
}

// In the last of `blocks` blocks of threads that call this: adds up all terms, so that the loss does not depend on the order in which they end.
__device__ __forceinline__ void add_loss(const Softmax& s, int blocks) {
    if (!is_last_block(s.counter, blocks)) {
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

template <bool EXACT> __device__ __forceinline__ void softmax_loss(const Softmax& s) {
    DYNAMIC_SHARED(float, shared);
    const SoftmaxTile tile(s);
    const SoftmaxMemory memory(shared, s.chunk);
    __shared__ float2 sums[ROWS];
    __shared__ float own_scores[ROWS];
    const PackedRows users = load_users(s, tile, memory);
    for (int first = 0; first < s.batch; first += s.chunk) {
        const int columns = min(s.chunk, s.batch - first);
        sum_rows<EXACT>(s, tile, memory, users, first, columns, [&](int row, float2 sum) {
            sums[row] = first == 0 ? sum : merge(sums[row], sum);
            const int own = tile.start + row - first;
            if (own >= 0 && own < columns) {
                own_scores[row] = memory.scores[row * padded(s.chunk) + own];
            }
        });
        __syncthreads();
    }
    if ((int)threadIdx.x < tile.valid) {
        const long long place = tile.group + tile.start + threadIdx.x;
        s.terms[place] = reward(s, place) * (own_scores[threadIdx.x] - sums[threadIdx.x].x - logf(sums[threadIdx.x].y));
    }
    add_loss(s, gridDim.x);
}

template <bool EXACT> __device__ __forceinline__ void softmax_sums(const Softmax& s) {
    wait_for_launch_before();
    DYNAMIC_SHARED(float, shared);
    const SoftmaxTile tile(s);
    const SoftmaxMemory memory(shared, s.chunk);
    const int share = (s.batch + s.parts * GROUP - 1) / (s.parts * GROUP) * GROUP;
    const int first = min((int)blockIdx.y * share, s.batch);
    const int columns = min(share, s.batch - first);
    float2* sums = s.sums + (long long)blockIdx.y * s.groups * s.batch + tile.group + tile.start;
    if (columns <= 0) {
        if ((int)threadIdx.x < tile.valid) {
            sums[threadIdx.x] = make_float2(-infinity(), 0);
        }
        return;
    }
    sum_rows<EXACT>(s, tile, memory, load_users(s, tile, memory), first, columns, [&](int row, float2 sum) { sums[row] = sum; });
}

// log sum exp s[user, :].
__device__ __forceinline__ float log_sum(const Softmax& s, long long user) {
    float2 sum = s.sums[user];
    for (int part = 1; part < s.parts; part++) {
        sum = merge(sum, s.sums[(long long)part * s.groups * s.batch + user]);
    }
    return sum.x + logf(sum.y);
}

// The gradient of the users of a tile (USERS), which also gives the loss, or of the items.
template <bool EXACT, bool USERS> __device__ __forceinline__ void side_gradients(const Softmax& s) {
    DYNAMIC_SHARED(float, shared);
    const SoftmaxTile tile(s);
    const SoftmaxMemory memory(shared, s.chunk);
    const int stride = padded(s.chunk);
    const long long first_row = tile.group + tile.start;
    float* result = USERS ? s.user_gradients : s.item_gradients;
    const float factor = s.inverse_temperature / s.batch;
    const PackedRows own = load_tile(memory, (USERS ? s.users : s.items) + first_row * WIDTH, tile.valid);
    for (int first = 0; first < s.batch; first += s.chunk) {
        const int columns = min(s.chunk, s.batch - first);
        const float* others = (USERS ? s.items : s.users) + (tile.group + first) * WIDTH;
        if (!USERS || first == 0) {
            for (int i = threadIdx.x; i < (USERS ? tile.valid : columns); i += TILE_THREADS) {
                memory.log_sums[i] = log_sum(s, USERS ? first_row + i : tile.group + first + i);
            }
        }
        for (int index = threadIdx.x; index < ROWS * 16; index += TILE_THREADS) {
            const int column = columns / 16 * 16 + index % 16; // Products read up to the next multiple of 16.
            if (column >= columns && column < stride) {
                memory.scores[index / 16 * stride + column] = 0;
            }
        }
        __syncthreads();
        tile_product<1, EXACT, OUT_IN>(own, others, WIDTH, columns, WIDTH, memory.partial, [&](int row, int column, float value) {
            float gradient = 0;
            if (row < tile.valid) {
                const int user = USERS ? tile.start + row : first + column;
                const int item = USERS ? first + column : tile.start + row;
                const float weight = reward(s, tile.group + user);
                const float excess = value * s.inverse_temperature - correction(s, tile.group + item) - memory.log_sums[USERS ? row : column];
                gradient = weight * (expf(excess) - (user == item ? 1 : 0)) * factor;
                if (USERS && user == item) {
                    s.terms[first_row + row] = weight * excess;
                }
            }
            memory.scores[row * stride + column] = gradient;
        });
        __syncthreads();
        const PackedRows gradients = pack_rows<ROWS>(memory.scores, stride, (columns + 15) / 16 * 16, memory.scores_inverse);
        tile_product<1, EXACT, IN_OUT>(gradients, others, WIDTH, WIDTH, columns, memory.partial, [&](int row, int column, float value) {
            if (row < tile.valid) {
                float* place = result + (first_row + row) * WIDTH + column; // The same thread comes back to it with the next chunk.
                *place = first == 0 ? value : *place + value;
            }
        });
        __syncthreads();
    }
    if (USERS) {
        add_loss(s, gridDim.x);
    }
}

template <bool EXACT> __device__ __forceinline__ void softmax_gradients(const Softmax& s) {
    wait_for_launch_before();
    if (blockIdx.y == 0) {
        side_gradients<EXACT, true>(s);
    } else {
        side_gradients<EXACT, false>(s);
    }
}

extern "C" __global__ void __launch_bounds__(512) tile_softmax_loss(Softmax softmax) { softmax_loss<true>(softmax); }
extern "C" __global__ void __launch_bounds__(512) tile_softmax_loss_tf32(Softmax softmax) { softmax_loss<false>(softmax); }
extern "C" __global__ void __launch_bounds__(512) tile_softmax_sums(Softmax softmax) { softmax_sums<true>(softmax); }
extern "C" __global__ void __launch_bounds__(512) tile_softmax_sums_tf32(Softmax softmax) { softmax_sums<false>(softmax); }
extern "C" __global__ void __launch_bounds__(512) tile_softmax_gradients(Softmax softmax) { softmax_gradients<true>(softmax); }
extern "C" __global__ void __launch_bounds__(512) tile_softmax_gradients_tf32(Softmax softmax) { softmax_gradients<false>(softmax); }

// Batch softmax without a (B, B) matrix in device memory.
//   s[i, j] = u[i] . v[j] / tau - log p[j];  loss += -(1/B) sum_i r[i] log softmax(s[i])[i];
//   g[i, j] = r[i] (softmax(s[i])[j] - [i = j]) / (B tau);  gradient of u = g v,  gradient of v = gᵀ u.
// Users and items (groups * B, 64), each group a batch of its own, magnitudes below 256; gradients are assigned. A block of threads takes 16
// rows or columns.
//
// tile_softmax_loss is all where no gradients are wanted. With them, tile_softmax_sums finds max and sum exp of every row, columns divided
// among blocks of threads so that they fill the device, and leaves users and items as fp16 pairs; tile_softmax_gradients computes scores
// again, on either side: cheaper than 4 B² bytes written and read. There a warp takes 16 columns at a time and keeps their scores in
// registers, where they are the left operand of the second product; warps meet only to add up what each has found.
//
// All of them compute a score from the same pairs in the same order, so that what one subtracts from another is exact where it should be:
// the only item of a batch has a probability of one.
#include "common/completion.cuh"
#include "common/dependent.cuh"
#include "common/half_row_stream.cuh"
#include "common/reduce.cuh"

constexpr int WIDTH = 64;
constexpr int ROWS = HALF_TILE_ROWS;
constexpr int GRADIENT_COLUMNS = 1024;    // whose sums or corrections tile_softmax_gradients has in shared memory at a time
constexpr float PROBABILITY_SCALE = 8192; // of values in [-1, 1] that become pairs

struct Softmax {
    const float* users;
    const float* items;
    const float* log_probability; // (groups * B), or null
    const float* rewards;         // (groups * B), or null
    float* user_gradients;        // (groups * B, 64)
    float* item_gradients;
    unsigned char* user_pairs;    // (groups * B) half rows, made by tile_softmax_sums
    unsigned char* item_pairs;
    float2* sums;                 // (parts, groups * B): max over the part's columns of s[i, :], and sum of exp(s[i, :] - max)
    float* terms;                 // (groups * B): r[i] log softmax(s[i])[i]
    float* loss;                  // (1), accumulated
    int* counter;                 // zero between launches
    int batch;
    int groups;
    int parts;                    // that columns are divided into
    int stages;                   // of 16 columns for each warp of tile_softmax_gradients, 1 to 3
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

__device__ __forceinline__ float correction(const Softmax& s, long long item) { return s.log_probability == nullptr ? 0 : s.log_probability[item]; }
__device__ __forceinline__ float reward(const Softmax& s, long long user) { return s.rewards == nullptr ? 1 : s.rewards[user]; }

// Two parts of a row's max and sum exp(s - max) as one; a part without columns is (-infinity, 0).
__device__ __forceinline__ float2 merge(float2 a, float2 b) {
    const float largest = fmaxf(a.x, b.x);
    return make_float2(largest, (a.x == largest ? a.y : a.y * expf(a.x - largest)) + (b.x == largest ? b.y : b.y * expf(b.x - largest)));
}

// 16 rows of the one side times 16 of the other, which are in shared memory. USERS: the former are users; either side adds up the same
// products in the same order.
template <bool EXACT, bool USERS>
__device__ __forceinline__ void tile_scores(float (&scores)[2][4], const HalfPairs (&own)[WIDTH / 16], SharedAddress others) {
    float small[2][4] = {};
    #pragma unroll
    for (int k = 0; k < WIDTH / 16; k++) {
        HalfPairs b;
        load_half_columns<EXACT>(b, others, k);
        multiply_add_pairs<EXACT, USERS>(scores[0], small[0], own[k], b, 0);
        multiply_add_pairs<EXACT, USERS>(scores[1], small[1], own[k], b, 1);
    }
    #pragma unroll
    for (int i = 0; i < 8; i++) {
        scores[i / 4][i % 4] += small[i / 4][i % 4];
    }
}

// s[i, j] of what tile_scores computed.
__device__ __forceinline__ float logit(const Softmax& s, float score, float correction) {
    return fmaf(score, s.inverse_temperature / (WEIGHT_SCALE * WEIGHT_SCALE), -correction);
}

template <bool EXACT> __device__ __forceinline__ void load_own(HalfPairs (&own)[WIDTH / 16], const unsigned char* rows) {
    #pragma unroll
    for (int k = 0; k < WIDTH / 16; k++) {
        load_half_rows<EXACT>(own[k], shared_address(rows), k);
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

// The tile's users as pairs, in shared memory and, where gradients are wanted, in device memory, by half of the threads; its items by the
// other half, in the blocks of the last part.
__device__ __forceinline__ void pack_tile(const Softmax& s, const SoftmaxTile& tile, unsigned char* own) {
    static_assert(TILE_THREADS == 2 * ROWS * WIDTH / 4, "a thread has four values of either side");
    const int index = (int)threadIdx.x % (TILE_THREADS / 2);
    const int row = index / (WIDTH / 4);
    const int quad = index % (WIDTH / 4);
    const long long place = tile.group + tile.start + row;
    if ((int)threadIdx.x >= TILE_THREADS / 2) {
        if (s.item_pairs != nullptr && (int)blockIdx.y == s.parts - 1 && row < tile.valid) {
            store_half_row(s.item_pairs + place * HALF_ROW_BYTES, quad, *reinterpret_cast<const float4*>(s.items + place * WIDTH + 4 * quad));
        }
        return;
    }
    const float4 value = row < tile.valid ? *reinterpret_cast<const float4*>(s.users + place * WIDTH + 4 * quad) : make_float4(0, 0, 0, 0);
    store_half_row(own + row * HALF_ROW_STRIDE, quad, value);
    if (s.user_pairs != nullptr && blockIdx.y == 0 && row < tile.valid) {
        store_half_row(s.user_pairs + place * HALF_ROW_BYTES, quad, value);
    }
}

// Max and sum exp(s - max) of the tile's users over items [first, end) of the group, in the first 16 threads. own_scores (16) gets s[i, i]
// where that is among them. Shared memory: the tile's rows and 16 rows for each warp (TowerMemory.cs).
template <bool EXACT> __device__ __forceinline__ float2 row_sums(const Softmax& s, const SoftmaxTile& tile, int first, int end, float* own_scores) {
    DYNAMIC_SHARED(unsigned char, shared);
    __shared__ float2 parts[TILE_WARPS][ROWS];
    constexpr int QUADS = ROWS * WIDTH / 4 / WARP; // of a lane
    unsigned char* stage = shared + (1 + warp_index()) * HALF_TILE_BYTES;
    const int r = lane_index() / 4;
    const int q = lane_index() % 4;
    const int quad = lane_index() % (WIDTH / 4);
    float4 next[QUADS];
    const auto fetch = [&](int start) {
        #pragma unroll
        for (int i = 0; i < QUADS; i++) {
            const int item = start + lane_index() / (WIDTH / 4) + 2 * i;
            next[i] = item < end ? *reinterpret_cast<const float4*>(s.items + (tile.group + item) * WIDTH + 4 * quad) : make_float4(0, 0, 0, 0);
        }
    };
    fetch(first + warp_index() * ROWS);
    pack_tile(s, tile, shared);
    __syncthreads();
    HalfPairs own[WIDTH / 16];
    load_own<EXACT>(own, shared);
    float2 sums[2] = {make_float2(-infinity(), 0), make_float2(-infinity(), 0)};
    for (int start = first + warp_index() * ROWS; start < end; start += TILE_WARPS * ROWS) {
        #pragma unroll
        for (int i = 0; i < QUADS; i++) {
            store_half_row(stage + (lane_index() / (WIDTH / 4) + 2 * i) * HALF_ROW_STRIDE, quad, next[i]);
        }
        __syncwarp();
        fetch(start + TILE_WARPS * ROWS);
        float corrections[4];
        #pragma unroll
        for (int i = 0; i < 4; i++) {
            corrections[i] = correction(s, tile.group + min(start + i / 2 * 8 + 2 * q + i % 2, end - 1));
        }
        float scores[2][4] = {};
        tile_scores<EXACT, true>(scores, own, shared_address(stage));
        #pragma unroll
        for (int half = 0; half < 2; half++) {
            float values[4];
            float2 sum = sums[half];
            float largest = sum.x;
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                const int column = start + i / 2 * 8 + 2 * q + i % 2;
                values[i] = column < end ? logit(s, scores[i / 2][2 * half + i % 2], corrections[i]) : -infinity();
                largest = fmaxf(largest, values[i]);
                if (column == tile.start + r + 8 * half) {
                    own_scores[r + 8 * half] = values[i];
                }
            }
            sum.y = sum.x == largest ? sum.y : sum.y * expf(sum.x - largest);
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                sum.y += values[i] == largest ? (values[i] == -infinity() ? 0 : 1) : expf(values[i] - largest);
            }
            sums[half] = make_float2(largest, sum.y);
        }
        __syncwarp();
    }
    #pragma unroll
    for (int half = 0; half < 2; half++) {
        #pragma unroll
        for (int distance = 1; distance < 4; distance *= 2) {
            sums[half] = merge(sums[half], make_float2(__shfl_xor_sync(FULL_WARP, sums[half].x, distance), __shfl_xor_sync(FULL_WARP, sums[half].y, distance)));
        }
        if (q == 0) {
            parts[warp_index()][r + 8 * half] = sums[half];
        }
    }
    __syncthreads();
    float2 total = make_float2(-infinity(), 0);
    if (threadIdx.x < ROWS) {
        for (int warp = 0; warp < TILE_WARPS; warp++) {
            total = merge(total, parts[warp][threadIdx.x]);
        }
    }
    return total;
}

template <bool EXACT> __device__ __forceinline__ void softmax_loss(const Softmax& s) {
    const SoftmaxTile tile(s);
    __shared__ float own_scores[ROWS];
    const float2 sum = row_sums<EXACT>(s, tile, 0, s.batch, own_scores);
    if ((int)threadIdx.x < tile.valid) {
        const long long place = tile.group + tile.start + threadIdx.x;
        s.terms[place] = reward(s, place) * (own_scores[threadIdx.x] - (sum.x + logf(sum.y)));
    }
    add_loss(s, gridDim.x);
}

template <bool EXACT> __device__ __forceinline__ void softmax_sums(const Softmax& s) {
    wait_for_launch_before();
    const SoftmaxTile tile(s);
    __shared__ float own_scores[ROWS];
    const int share = (s.batch + s.parts * ROWS - 1) / (s.parts * ROWS) * ROWS;
    const int first = min((int)blockIdx.y * share, s.batch);
    const float2 sum = row_sums<EXACT>(s, tile, first, min(first + share, s.batch), own_scores);
    if ((int)threadIdx.x < tile.valid) {
        s.sums[(long long)blockIdx.y * s.groups * s.batch + tile.group + tile.start + threadIdx.x] = sum;
    }
}

// log sum exp s[user, :].
__device__ __forceinline__ float log_sum(const Softmax& s, long long user) {
    float2 sum = s.sums[user];
    for (int part = 1; part < s.parts; part++) {
        sum = merge(sum, s.sums[(long long)part * s.groups * s.batch + user]);
    }
    return sum.x + logf(sum.y);
}

// TowerMemory.cs adds up the same.
struct GradientMemory {
    unsigned char* own;    // the tile's 16 rows
    float2* rows;          // (16): what is subtracted from the scores of a row, and what its gradient is multiplied by in the end
    float2* columns;       // (GRADIENT_COLUMNS): what is subtracted from the scores of a column, and its weight
    unsigned char* stages; // (warps, stages) tiles of the other side; in the end a warp's part of the gradient lies in its first

    __device__ __forceinline__ explicit GradientMemory(unsigned char* memory) {
        own = memory;
        rows = reinterpret_cast<float2*>(own + HALF_TILE_BYTES);
        columns = rows + ROWS;
        stages = reinterpret_cast<unsigned char*>(columns + GRADIENT_COLUMNS);
    }
};

// A power of two by which all rewards of a group are multiplied so that the largest lies in [2^13, 2^14), for products in pairs.
__device__ __forceinline__ float reward_scale(const Softmax& s, long long group) {
    unsigned largest = 0; // Magnitudes compare like their bits.
    for (int user = threadIdx.x; user < s.batch; user += TILE_THREADS) {
        largest = max(largest, __float_as_uint(s.rewards[group + user]) & 0x7fffffffu);
    }
    return pair_scale(block_max<TILE_THREADS>(largest));
}

// The gradient of the users of a tile (USERS), which also gives the loss, or of the items.
template <bool EXACT, bool USERS> __device__ __forceinline__ void side_gradients(const Softmax& s) {
    DYNAMIC_SHARED(unsigned char, shared);
    const SoftmaxTile tile(s);
    const GradientMemory memory(shared);
    const long long first_row = tile.group + tile.start;
    unsigned char* stages = memory.stages + warp_index() * s.stages * HALF_TILE_BYTES;
    HalfRowStream<EXACT> others = {stages, (USERS ? s.item_pairs : s.user_pairs) + tile.group * HALF_ROW_BYTES, s.batch, s.stages, 0};
    for (int stage = 0; stage < s.stages; stage++) {
        others.fetch(warp_index() + stage * TILE_WARPS, stage);
    }
    for (int index = threadIdx.x; index < ROWS * HALF_ROW_BYTES / 16; index += TILE_THREADS) {
        const int row = index / (HALF_ROW_BYTES / 16);
        const int piece = index % (HALF_ROW_BYTES / 16) * 16;
        const unsigned char* source = (USERS ? s.user_pairs : s.item_pairs) + (first_row + row) * HALF_ROW_BYTES + piece;
        *reinterpret_cast<uint4*>(memory.own + row * HALF_ROW_STRIDE + piece) =
            row < tile.valid ? *reinterpret_cast<const uint4*>(source) : make_uint4(0, 0, 0, 0);
    }
    // A user's reward is a factor of its own row, but one of what the items' products sum over.
    const float scale = USERS || s.rewards == nullptr ? PROBABILITY_SCALE : reward_scale(s, tile.group);
    if (threadIdx.x < ROWS) {
        const int row = min((int)threadIdx.x, tile.valid - 1);
        const float undo = s.inverse_temperature / s.batch / WEIGHT_SCALE / scale;
        memory.rows[threadIdx.x] = USERS ? make_float2(log_sum(s, first_row + row), reward(s, first_row + row) * undo)
                                         : make_float2(correction(s, first_row + row), undo);
    }

    const int r = lane_index() / 4;
    const int q = lane_index() % 4;
    HalfPairs own[WIDTH / 16];
    float2 rows[2];
    float sums[WIDTH / 8][4] = {};
    for (int first = 0; first < s.batch; first += GRADIENT_COLUMNS) {
        const int end = min(first + GRADIENT_COLUMNS, s.batch);
        for (int column = first + threadIdx.x; column < end; column += TILE_THREADS) {
            const long long place = tile.group + column;
            memory.columns[column - first] = USERS ? make_float2(correction(s, place), scale) : make_float2(log_sum(s, place), reward(s, place) * scale);
        }
        __syncthreads();
        if (first == 0) {
            load_own<EXACT>(own, memory.own);
            rows[0] = memory.rows[r];
            rows[1] = memory.rows[r + 8];
        }
        for (int start = first + warp_index() * ROWS; start < end; start += TILE_WARPS * ROWS) {
            const SharedAddress stage = others.current();
            float scores[2][4] = {};
            tile_scores<EXACT, USERS>(scores, own, stage);
            // Where a lane's scores lie in the result is where they belong in a left operand.
            HalfPairs gradients;
            #pragma unroll
            for (int j = 0; j < 2; j++) {
                #pragma unroll
                for (int half = 0; half < 2; half++) {
                    float pair[2];
                    #pragma unroll
                    for (int i = 0; i < 2; i++) {
                        const int column = start + 8 * j + 2 * q + i;
                        pair[i] = 0;
                        if (column < end) {
                            const float2 of_column = memory.columns[column - first];
                            const float score = scores[j][2 * half + i];
                            const float excess = USERS ? logit(s, score, of_column.x) - rows[half].x : logit(s, score, rows[half].x) - of_column.x;
                            const bool same = column == tile.start + r + 8 * half;
                            pair[i] = (expf(excess) - (same ? 1 : 0)) * of_column.y;
                            if (USERS && same) {
                                s.terms[tile.group + column] = reward(s, tile.group + column) * excess;
                            }
                        }
                    }
                    gradients.high[2 * j + half] = to_halves(pair[0], pair[1]);
                    if (EXACT) {
                        const float2 high = from_halves(gradients.high[2 * j + half]);
                        gradients.low[2 * j + half] = to_halves(pair[0] - high.x, pair[1] - high.y);
                    }
                }
            }
            #pragma unroll
            for (int j = 0; j < WIDTH / 16; j++) {
                HalfPairs b;
                load_half_depth<EXACT>(b, stage, j);
                multiply_add_pairs<EXACT, true>(sums[2 * j], sums[2 * j], gradients, b, 0);
                multiply_add_pairs<EXACT, true>(sums[2 * j + 1], sums[2 * j + 1], gradients, b, 1);
            }
            others.advance(start / ROWS + s.stages * TILE_WARPS);
        }
        if (end < s.batch) {
            __syncthreads();
        }
    }

    #pragma unroll
    for (int j = 0; j < WIDTH / 8; j++) {
        #pragma unroll
        for (int half = 0; half < 2; half++) {
            *reinterpret_cast<float2*>(stages + (r + 8 * half) * HALF_ROW_STRIDE + (8 * j + 2 * q) * (int)sizeof(float)) =
                make_float2(sums[j][2 * half], sums[j][2 * half + 1]);
        }
    }
    if (USERS) {
        add_loss(s, gridDim.x); // Puts the block in step, too; and nothing that the fence waits for is under way yet.
    } else {
        __syncthreads();
    }
    const int row = warp_index();
    if (row < tile.valid) {
        const unsigned char* part = memory.stages + row * HALF_ROW_STRIDE + 2 * lane_index() * (int)sizeof(float);
        float2 total = make_float2(0, 0);
        #pragma unroll
        for (int warp = 0; warp < TILE_WARPS; warp++) {
            const float2 value = *reinterpret_cast<const float2*>(part + warp * s.stages * HALF_TILE_BYTES);
            total.x += value.x;
            total.y += value.y;
        }
        const float factor = memory.rows[row].y;
        *reinterpret_cast<float2*>((USERS ? s.user_gradients : s.item_gradients) + (first_row + row) * WIDTH + 2 * lane_index()) =
            make_float2(total.x * factor, total.y * factor);
    }
}

template <bool EXACT> __device__ __forceinline__ void softmax_gradients(const Softmax& s) {
    static_assert(TILE_WARPS == ROWS && HALF_ROW_STRIDE >= WIDTH * (int)sizeof(float), "a warp sums a row; a stage holds a part of the gradient");
    static_assert(GRADIENT_COLUMNS % (TILE_WARPS * ROWS) == 0, "a warp's tiles follow each other over the borders of GRADIENT_COLUMNS");
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

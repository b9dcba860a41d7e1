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
#include "common/async_copy.cuh"
#include "common/completion.cuh"
#include "common/dependent.cuh"
#include "common/half_rows.cuh"
#include "common/reduce.cuh"
#include "common/tile_product.cuh"

constexpr int WIDTH = 64;
constexpr int ROWS = 16;
constexpr int TILE_BYTES = ROWS * HALF_ROW_STRIDE; // 16 rows as pairs in shared memory
constexpr int GRADIENT_COLUMNS = 1024;             // whose sums or corrections tile_softmax_gradients has in shared memory at a time
constexpr float PROBABILITY_SCALE = 8192;          // of values in [-1, 1] that become pairs

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
    int parts;                    // that columns are divided into, of `chunk` at most
    int chunk;                    // scores of a row that are in shared memory at a time, a multiple of 32
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

// TowerMemory.cs adds up the same.
struct SoftmaxMemory {
    float* partial;
    float* tile_inverse; // (16)
    float* tile;         // (16, 64)
    float* scores;       // (16, chunk)

    __device__ __forceinline__ SoftmaxMemory(float* memory, int chunk) {
        partial = memory;
        tile_inverse = partial + PARTIAL_FLOATS<1>;
        tile = tile_inverse + ROWS;
        scores = tile + ROWS * padded(WIDTH);
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

// The tile of either side as pairs, by the threads that load_tile leaves idle: users in the first part's blocks, items in the last one's.
__device__ __forceinline__ void pack_tile(const Softmax& s, const SoftmaxTile& tile) {
    const int index = (int)threadIdx.x - ROWS * WIDTH / 4;
    const int row = index / (WIDTH / 4);
    if (index < 0 || row >= tile.valid) {
        return;
    }
    const long long place = tile.group + tile.start + row;
    const int quad = index % (WIDTH / 4);
    if (blockIdx.y == 0) {
        store_half_row(s.user_pairs + place * HALF_ROW_BYTES, quad, *reinterpret_cast<const float4*>(s.users + place * WIDTH + 4 * quad));
    }
    if ((int)blockIdx.y == s.parts - 1) {
        store_half_row(s.item_pairs + place * HALF_ROW_BYTES, quad, *reinterpret_cast<const float4*>(s.items + place * WIDTH + 4 * quad));
    }
}

template <bool EXACT> __device__ __forceinline__ void softmax_sums(const Softmax& s) {
    static_assert(TILE_THREADS == 2 * ROWS * WIDTH / 4, "half of the threads load, half of them pack");
    wait_for_launch_before();
    DYNAMIC_SHARED(float, shared);
    const SoftmaxTile tile(s);
    const SoftmaxMemory memory(shared, s.chunk);
    pack_tile(s, tile);
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

// TowerMemory.cs adds up the same.
struct GradientMemory {
    unsigned char* own;    // the tile's 16 rows
    float2* rows;          // (16): what is subtracted from the scores of a row, and what its gradient is multiplied by in the end
    float2* columns;       // (GRADIENT_COLUMNS): what is subtracted from the scores of a column, and its weight
    unsigned char* stages; // (warps, stages) tiles of the other side; in the end a warp's part of the gradient lies in its first

    __device__ __forceinline__ explicit GradientMemory(unsigned char* memory) {
        own = memory;
        rows = reinterpret_cast<float2*>(own + TILE_BYTES);
        columns = rows + ROWS;
        stages = reinterpret_cast<unsigned char*>(columns + GRADIENT_COLUMNS);
    }
};

// The other side's rows, 16 at a time, on their way to one warp's stages: a tile is fetched `stages` tiles before its use.
template <bool EXACT> struct TileStream {
    unsigned char* stages;
    const unsigned char* source;
    int rows;
    int count;
    int next; // the stage that is used next

    __device__ __forceinline__ unsigned char* stage() const { return stages + next * TILE_BYTES; }

    // Rows past the end become zeros. Every call ends a group of copies, so that `current` can count.
    __device__ __forceinline__ void fetch(int tile, int stage) {
        constexpr int PIECES = HALF_ROW_BYTES / 16 / (EXACT ? 1 : 2); // of a row
        if (tile * ROWS < rows) {
            unsigned char* target = stages + stage * TILE_BYTES;
            #pragma unroll
            for (int i = 0; i < ROWS * PIECES / WARP; i++) {
                const int index = lane_index() + i * WARP;
                const int row = index / PIECES;
                unsigned char* place = target + row * HALF_ROW_STRIDE + index % PIECES * 16;
                if (tile * ROWS + row < rows) {
                    copy_16_bytes_async(place, source + (long long)(tile * ROWS + row) * HALF_ROW_BYTES + index % PIECES * 16);
                } else {
                    *reinterpret_cast<uint4*>(place) = make_uint4(0, 0, 0, 0);
                }
            }
        }
        commit_async_copies();
    }

    // Waits for the stage that is used next.
    __device__ __forceinline__ SharedAddress current() const {
        if (count == 1) {
            wait_async_copies<0>();
        } else if (count == 2) {
            wait_async_copies<1>();
        } else {
            wait_async_copies<2>();
        }
        __syncwarp();
        return shared_address(stage());
    }

    // Gives the stage that was used to a later tile.
    __device__ __forceinline__ void advance(int tile) {
        __syncwarp();
        fetch(tile, next);
        next = next + 1 == count ? 0 : next + 1;
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
    unsigned char* stages = memory.stages + warp_index() * s.stages * TILE_BYTES;
    TileStream<EXACT> others = {stages, (USERS ? s.item_pairs : s.user_pairs) + tile.group * HALF_ROW_BYTES, s.batch, s.stages, 0};
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
    const float score_scale = s.inverse_temperature / (WEIGHT_SCALE * WEIGHT_SCALE);
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
            #pragma unroll
            for (int k = 0; k < WIDTH / 16; k++) {
                load_half_rows<EXACT>(own[k], shared_address(memory.own), k);
            }
            rows[0] = memory.rows[r];
            rows[1] = memory.rows[r + 8];
        }
        for (int start = first + warp_index() * ROWS; start < end; start += TILE_WARPS * ROWS) {
            const SharedAddress stage = others.current();
            float scores[2][4] = {};
            float small[2][4] = {};
            #pragma unroll
            for (int k = 0; k < WIDTH / 16; k++) {
                HalfPairs b;
                load_half_columns<EXACT>(b, stage, k);
                multiply_add_pairs<EXACT>(scores[0], small[0], own[k], b, 0);
                multiply_add_pairs<EXACT>(scores[1], small[1], own[k], b, 1);
            }
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
                            const float excess =
                                (scores[j][2 * half + i] + small[j][2 * half + i]) * score_scale - of_column.x - rows[half].x;
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
                multiply_add_pairs<EXACT>(sums[2 * j], sums[2 * j], gradients, b, 0);
                multiply_add_pairs<EXACT>(sums[2 * j + 1], sums[2 * j + 1], gradients, b, 1);
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
            const float2 value = *reinterpret_cast<const float2*>(part + warp * s.stages * TILE_BYTES);
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

// Forward pass of both towers, a stage a launch; see common/towers.cuh. Assigns states, first, second, pre, statistics, vectors and norms.
#include "common/towers.cuh"

// Sum of squares of the first columns of a tile's rows; rows past the batch are zero.
template <int ROWS> __device__ __forceinline__ float tile_squares(const float* rows, int stride, int columns) {
    float sum = 0;
    for (int index = threadIdx.x; index < ROWS * columns; index += TILE_THREADS) {
        const float value = rows[index / columns * stride + index % columns];
        sum += value * value;
    }
    return block_sum<TILE_THREADS>(sum);
}

// The regulariser, in one block of threads of stage 1: loss += penalty |embeddings|.
__device__ __forceinline__ void add_penalty(const Stage& stage, int tiles) {
    double sum = 0;
    for (int tile = threadIdx.x; tile < tiles; tile += TILE_THREADS) {
        sum += stage.penalty_partials[tile];
    }
    sum = block_sum<TILE_THREADS>(sum);
    if (threadIdx.x == 0) {
        const float norm = (float)sqrt(sum);
        *stage.penalty_norm = norm;
        atomicAdd(stage.loss, stage.penalty * norm); // User and item tower add one term each to zero, so their order is no matter.
    }
}

// Running statistics of stage s - 1 after all groups, by the block of threads that ends this last of one a group.
__device__ __forceinline__ void update_running_statistics(const Stage& stage, const Pass& pass) {
    if ((pass.groups > 1 && !is_last_block(stage.counter, pass.groups)) || threadIdx.x >= WIDTH) {
        return;
    }
    const int column = threadIdx.x;
    float* mean = stage.previous_running + column;
    float* variance = mean + stage.previous_running_variance;
    float running_mean = *mean;
    float running_variance = *variance;
    const float correction = pass.batch > 1 ? (float)pass.batch / (pass.batch - 1) : 1.0f;
    for (int group = 0; group < pass.groups; group++) {
        const float* other = stage.previous_statistics + group * 2 * WIDTH;
        const float weight = pass.cumulative ? 1.0f / (pass.first_group + group + 1) : pass.momentum;
        const float inverse = other[WIDTH + column];
        const float of_group = (1.0f / (inverse * inverse) - EPSILON) * correction;
        running_mean = (1 - weight) * running_mean + weight * other[column];
        running_variance = (1 - weight) * running_variance + weight * fmaxf(of_group, 0.0f);
    }
    *mean = running_mean;
    *variance = running_variance;
}

// statistics (2, 64) in shared memory: of stage s - 1 over the tile's group; the group's first block of threads publishes them. Deviations are
// counted from the first tile's mean, which is as good as the mean itself against cancellation. The block is in step after.
template <class Meanwhile>
__device__ __forceinline__ void merge_statistics(
    const Stage& stage, const Pass& pass, const Tile& tile, float2* scratch, float* statistics, Meanwhile meanwhile) {
    const int column = threadIdx.x % WIDTH;
    const int tiles = (pass.batch + stage.merged_rows - 1) / stage.merged_rows;
    const float2* partials = stage.merged + (long long)tile.group * tiles * WIDTH + column;
    const float shift = partials->x;
    const float2 sums = column_sums(
        scratch, tiles, [&](int other) { return partials[other * WIDTH]; },
        [&](int other, const float2& partial) {
            const float rows = (float)min(stage.merged_rows, pass.batch - other * stage.merged_rows);
            const float distance = partial.x - shift;
            return make_float2(rows * distance, fmaf(rows * distance, distance, partial.y));
        },
        meanwhile);
    const float offset = sums.x / pass.batch;
    const float variance = fmaxf(sums.y / pass.batch - offset * offset, 0.0f);
    const float mean = shift + offset;
    const float inverse = 1.0f / sqrtf(variance + EPSILON);
    const bool publishes = tile.index % tile.of_group == 0;
    if (threadIdx.x < WIDTH) {
        statistics[column] = mean;
        statistics[WIDTH + column] = inverse;
        if (publishes) {
            float* shared = stage.previous_statistics + tile.group * 2 * WIDTH;
            shared[column] = mean;
            shared[WIDTH + column] = inverse;
        }
    }
    __syncthreads();
    if (publishes) {
        update_running_statistics(stage, pass);
    }
}

// x[:, s] and states[:, s]: the aligned input, or what batch norm and ReLU make of the stage before.
template <int MT, bool EXACT>
__device__ __forceinline__ void newest_state(const Stage& stage, const Pass& pass, const Tile& tile, float* x, int x_stride, float* work, float* inverse, float* partial) {
    constexpr int ROWS = 16 * MT;
    const int states_stride = stage.blocks * WIDTH;
    const auto earlier_states = [&] {
        load_rows<ROWS>(x, x_stride, stage.states + tile.first * states_stride, states_stride, stage.stage * WIDTH, tile.valid);
    };
    float* states = stage.states + tile.first * states_stride + stage.stage * WIDTH;
    float* newest = x + stage.stage * WIDTH;
    if (stage.stage == 0) {
        const int stride = padded(stage.input_width);
        load_rows<ROWS>(work, stride, stage.input + tile.first * stage.input_stride, stage.input_stride, stage.input_width, tile.valid);
        __syncthreads();
        if (stage.penalty_columns > 0) {
            const float squares = tile_squares<ROWS>(work, stride, stage.penalty_columns);
            if (threadIdx.x == 0) {
                stage.penalty_partials[tile.index] = squares;
            }
        }
        const PackedRows input = pack_rows<ROWS>(work, stride, stage.input_width, inverse);
        tile_product<MT, EXACT, PACKED>(input, stage.alignment_weight, WIDTH, WIDTH, stage.input_width, partial,
            [&](int row, int column, float value) {
                value += stage.alignment_bias[column];
                newest[row * x_stride + column] = value;
                if (row < tile.valid) {
                    states[(long long)row * states_stride + column] = value;
                }
            });
        return;
    }
    float2* scratch = reinterpret_cast<float2*>(partial);
    float* statistics = partial + 2 * TILE_THREADS;
    if (pass.inference) {
        earlier_states();
    } else {
        merge_statistics(stage, pass, tile, scratch, statistics, earlier_states);
    }
    const float* mean_source = pass.inference ? stage.previous_running : statistics;
    const float* spread_source = mean_source + (pass.inference ? stage.previous_running_variance : WIDTH);
    for (int index = threadIdx.x; index < ROWS * WIDTH / 4; index += TILE_THREADS) {
        const int row = index / (WIDTH / 4);
        const int column = index % (WIDTH / 4) * 4;
        float4 value = make_float4(0, 0, 0, 0);
        if (row < tile.valid) {
            const float4 pre = load_quad(stage.previous_pre + (tile.first + row) * WIDTH + column);
            const float4 mean = load_quad(mean_source + column);
            const float4 spread = load_quad(spread_source + column);
            const float4 scale = load_quad(stage.previous_scale + column);
            const float4 shift = load_quad(stage.previous_shift + column);
            const auto normalise = [&](float x, float mean, float spread, float scale, float shift) {
                const float inverse = pass.inference ? 1.0f / sqrtf(spread + EPSILON) : spread;
                return fmaxf((x - mean) * inverse * scale + shift, 0.0f);
            };
            value = make_float4(normalise(pre.x, mean.x, spread.x, scale.x, shift.x), normalise(pre.y, mean.y, spread.y, scale.y, shift.y),
                normalise(pre.z, mean.z, spread.z, scale.z, shift.z), normalise(pre.w, mean.w, spread.w, scale.w, shift.w));
            store_quad(states + (long long)row * states_stride + column, value);
        }
        store_quad(newest + row * x_stride + column, value);
    }
}

__device__ __forceinline__ float reduce_inputs(int reduction, const float* inputs, int n) {
    float value = inputs[0];
    for (int j = 1; j < n; j++) {
        const float other = inputs[j * WIDTH];
        value = reduction == PRODUCT ? value * other : reduction == MAXIMUM ? fmaxf(value, other) : reduction == MINIMUM ? fminf(value, other) : value + other;
    }
    return reduction == AVERAGE ? value / n : value;
}

// Result(row, column, value) of the block's last linear layer, bias not added.
template <int MT, bool EXACT, class Result>
__device__ __forceinline__ void block_forward(
    const Stage& stage, const Tile& tile, float* x, int x_stride, float* work, float* inverse, float* partial, Result result) {
    constexpr int ROWS = 16 * MT;
    const int n = stage.stage + 1;
    if (stage.kind == MLP) {
        const int hidden = stage.parameter;
        const int stride = padded(hidden);
        const PackedRows inputs = pack_rows<ROWS>(x, x_stride, n * WIDTH, inverse);
        tile_product<MT, EXACT, PACKED>(inputs, stage.first_weight, hidden, hidden, n * WIDTH, partial, [&](int row, int column, float value) {
            value += stage.first_bias[column];
            work[row * stride + column] = value;
            if (stage.first != nullptr && row < tile.valid) {
                stage.first[(tile.first + row) * hidden + column] = value;
            }
        });
        __syncthreads();
        tile_product<MT, EXACT, PACKED>(pack_rows<ROWS>(work, stride, hidden, inverse), stage.output_weight, WIDTH, WIDTH, hidden, partial, result);
    } else if (stage.kind == ELEMENTWISE) {
        const int stride = padded(WIDTH);
        for (int index = threadIdx.x; index < ROWS * WIDTH; index += TILE_THREADS) {
            const int row = index / WIDTH;
            const int column = index % WIDTH;
            const float value = reduce_inputs(stage.parameter, x + row * x_stride + column, n);
            work[row * stride + column] = value;
            if (stage.first != nullptr && row < tile.valid) {
                stage.first[(tile.first + row) * WIDTH + column] = value;
            }
        }
        __syncthreads();
        tile_product<MT, EXACT, PACKED>(pack_rows<ROWS>(work, stride, WIDTH, inverse), stage.output_weight, WIDTH, WIDTH, WIDTH, partial, result);
    } else {
        const int heads = stage.parameter;
        const int q = heads * HEAD;
        const int projected = n * heads * 4 * HEAD;
        const int stride = padded(n * q);
        float* attended = work + ROWS * (projected + 4);
        const PackedRows inputs = pack_rows<ROWS>(x, x_stride, n * WIDTH, inverse);
        for (int g = warp_index(); g < n * heads; g += TILE_WARPS) {
            const int head = g % heads;
            float accumulators[MT][4][4] = {};
            const WeightGroup group = {stage.first_weight, 4 * q, head * HEAD, 4 * q, q, WIDTH};
            accumulate_pairs<MT, EXACT, PACKED>(accumulators, inputs.rows + g / heads * WIDTH, inputs.stride, group, 0, WIDTH);
            for_each_result<MT>(accumulators, [&](int row, int part, int dimension, float value) {
                value = value * inputs.inverse[row] + stage.first_bias[part * q + head * HEAD + dimension];
                const int column = g * 4 * HEAD + part * HEAD + dimension;
                work[row * (projected + 4) + column] = value;
                if (stage.first != nullptr && row < tile.valid) {
                    stage.first[(tile.first + row) * projected + column] = value;
                }
            });
        }
        __syncthreads();
        for (int index = threadIdx.x; index < ROWS * n * heads; index += TILE_THREADS) {
            const int row = index / (n * heads);
            const int token = index % (n * heads) / heads;
            const int head = index % heads;
            const float* projections = work + row * (projected + 4);
            float weights[MOST_INPUTS];
            attention_weights(projections, n, heads, token, head, weights);
            for (int a = 0; a < HEAD; a++) {
                float value = projections[(token * heads + head) * 4 * HEAD + 3 * HEAD + a];
                #pragma unroll
                for (int j = 0; j < MOST_INPUTS; j++) {
                    if (j >= n) {
                        break;
                    }
                    value = fmaf(weights[j], projections[(j * heads + head) * 4 * HEAD + 2 * HEAD + a], value);
                }
                const int column = token * q + head * HEAD + a;
                attended[row * stride + column] = value;
                if (stage.second != nullptr && row < tile.valid) {
                    stage.second[(tile.first + row) * n * q + column] = value;
                }
            }
        }
        __syncthreads();
        tile_product<MT, EXACT, PACKED>(pack_rows<ROWS>(attended, stride, n * q, inverse), stage.output_weight, WIDTH, WIDTH, n * q, partial, result);
    }
}

// What the tile contributes to the statistics of this stage: mean and sum of squared deviations, counted from the first row.
__device__ __forceinline__ void tile_statistics(const Stage& stage, const Tile& tile, const float* pre, int stride, float2* scratch) {
    const int column = threadIdx.x % WIDTH;
    const float shift = pre[column];
    const float2 sums = column_sums(
        scratch, tile.valid, [&](int row) { return make_float2(pre[row * stride + column] - shift, 0); },
        [&](int row, const float2& distance) { return make_float2(distance.x, distance.x * distance.x); }, [] {});
    if (threadIdx.x < WIDTH) {
        const float offset = sums.x / tile.valid;
        stage.partials[(long long)tile.index * WIDTH + column] = make_float2(shift + offset, fmaxf(sums.y - sums.x * offset, 0.0f));
    }
}

// vectors = relu(pre) / max(length, 1e-12), a warp a row.
template <int ROWS> __device__ __forceinline__ void normalise_rows(const Stage& stage, const Tile& tile, const float* pre, int stride) {
    for (int row = warp_index(); row < tile.valid; row += TILE_WARPS) {
        const float low = fmaxf(pre[row * stride + lane_index()], 0.0f);
        const float high = fmaxf(pre[row * stride + lane_index() + WARP], 0.0f);
        const float norm = fmaxf(sqrtf(warp_sum(low * low + high * high)), SHORTEST);
        float* vector = stage.vectors + (tile.first + row) * WIDTH;
        vector[lane_index()] = low / norm;
        vector[lane_index() + WARP] = high / norm;
        if (stage.norms != nullptr && lane_index() == 0) {
            stage.norms[tile.first + row] = norm;
        }
    }
}

template <int MT, bool EXACT> __device__ __forceinline__ void forward_stage(const Stage& stage, const Pass& pass) {
    wait_for_launch_before();
    if (stage.stage < 0) {
        return;
    }
    constexpr int ROWS = 16 * MT;
    constexpr int PRE_STRIDE = WIDTH + 4;
    const Tile tile = own_tile<ROWS>(pass);
    const int x_stride = padded((stage.stage + 1) * WIDTH);
    DYNAMIC_SHARED(float, memory);
    float* partial = memory;
    float* inverse = partial + PARTIAL_FLOATS<MT>;
    float* x = inverse + ROWS;
    float* work = x + ROWS * x_stride;
    newest_state<MT, EXACT>(stage, pass, tile, x, x_stride, work, inverse, partial);
    __syncthreads();
    // The block's last layer reads only `work`, and all warps are past reading x then, so its result takes x's place.
    float* pre = x;
    block_forward<MT, EXACT>(stage, tile, x, x_stride, work, inverse, partial, [&](int row, int column, float value) {
        value += stage.output_bias[column];
        pre[row * PRE_STRIDE + column] = value;
        if (row < tile.valid && stage.stage < stage.blocks - 1) {
            stage.pre[(tile.first + row) * WIDTH + column] = value;
        }
    });
    __syncthreads();
    if (stage.stage == stage.blocks - 1) {
        normalise_rows<ROWS>(stage, tile, pre, PRE_STRIDE);
    } else if (!pass.inference) {
        tile_statistics(stage, tile, pre, PRE_STRIDE, reinterpret_cast<float2*>(partial));
    }
    if (stage.stage == 1 && stage.penalty_columns > 0 && tile.index == 0) {
        add_penalty(stage, (pass.batch + stage.previous_rows - 1) / stage.previous_rows);
    }
}

extern "C" __global__ void __launch_bounds__(512) towers_forward_16(Towers towers) { forward_stage<1, true>(towers.of[blockIdx.y], towers.pass); }
extern "C" __global__ void __launch_bounds__(512) towers_forward_16_tf32(Towers towers) { forward_stage<1, false>(towers.of[blockIdx.y], towers.pass); }
extern "C" __global__ void __launch_bounds__(512) towers_forward_32(Towers towers) { forward_stage<2, true>(towers.of[blockIdx.y], towers.pass); }
extern "C" __global__ void __launch_bounds__(512) towers_forward_32_tf32(Towers towers) { forward_stage<2, false>(towers.of[blockIdx.y], towers.pass); }

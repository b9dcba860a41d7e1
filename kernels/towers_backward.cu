// Backward pass of both towers, a stage a launch, last stage first; see common/towers.cuh. Assigns pre_gradient and first_gradient;
// accumulates input_gradient and the gradients of batch norm; weight gradients are left to weight_gradients.cu.
#include "common/towers.cuh"

constexpr int GRADIENT_STRIDE = padded(WIDTH);

// sums (2, 64) in shared memory over the whole batch; the gradients of gamma and beta are these sums. The block is in step after.
__device__ __forceinline__ void merge_sums(const Stage& stage, const Pass& pass, const Tile& tile, float2* scratch, float* sums) {
    const int column = threadIdx.x % WIDTH;
    const float2 total = column_sums(
        scratch, (pass.batch + stage.merged_rows - 1) / stage.merged_rows, [&](int other) { return stage.merged[other * WIDTH + column]; }, [](int, const float2& partial) { return partial; },
        [] {});
    if (threadIdx.x < WIDTH) {
        sums[column] = total.x;
        sums[WIDTH + column] = total.y;
        if (tile.index == 0) {
            stage.shift_gradient[column] += total.x;
            stage.scale_gradient[column] += total.y;
        }
    }
    __syncthreads();
}

// gradient (16, 64) of pre, in shared and device memory: back through L2 normalisation and ReLU, or batch norm and ReLU.
__device__ __forceinline__ void gradient_of_pre(const Stage& stage, const Pass& pass, const Tile& tile, float* gradient, float* partial) {
    if (stage.stage == stage.blocks - 1) {
        for (int row = warp_index(); row < 16; row += TILE_WARPS) {
            const long long place = (tile.first + row) * WIDTH + lane_index();
            const bool valid = row < tile.valid;
            const float y_low = valid ? stage.vectors[place] : 0;
            const float y_high = valid ? stage.vectors[place + WARP] : 0;
            const float dy_low = valid ? stage.vector_gradients[place] : 0;
            const float dy_high = valid ? stage.vector_gradients[place + WARP] : 0;
            const float norm = valid ? stage.norms[tile.first + row] : 1;
            const float along = norm > SHORTEST ? warp_sum(y_low * dy_low + y_high * dy_high) : 0;
            // y > 0 is the mask of ReLU too, since y is the ReLU's output over a positive norm.
            const float low = y_low > 0 ? (dy_low - y_low * along) / norm : 0;
            const float high = y_high > 0 ? (dy_high - y_high * along) / norm : 0;
            gradient[row * GRADIENT_STRIDE + lane_index()] = low;
            gradient[row * GRADIENT_STRIDE + lane_index() + WARP] = high;
            if (valid) {
                stage.pre_gradient[place] = low;
                stage.pre_gradient[place + WARP] = high;
            }
        }
    } else {
        float* sums = partial + 2 * TILE_THREADS;
        merge_sums(stage, pass, tile, reinterpret_cast<float2*>(partial), sums);
        const long long stride = stage.blocks * WIDTH;
        for (int index = threadIdx.x; index < 16 * WIDTH / 4; index += TILE_THREADS) {
            const int row = index / (WIDTH / 4);
            const int column = index % (WIDTH / 4) * 4;
            float4 value = make_float4(0, 0, 0, 0);
            if (row < tile.valid) {
                const long long place = (tile.first + row) * stride + (stage.stage + 1) * WIDTH + column;
                const float4 y = load_quad(stage.states + place);
                const float4 dy = load_quad(stage.state_gradients + place);
                const float4 pre = load_quad(stage.pre + (tile.first + row) * WIDTH + column);
                const float4 mean = load_quad(stage.statistics + column);
                const float4 inverse = load_quad(stage.statistics + WIDTH + column);
                const float4 scale = load_quad(stage.scale + column);
                const float4 sum = load_quad(sums + column);
                const float4 product = load_quad(sums + WIDTH + column);
                const auto back = [&](float y, float dy, float pre, float mean, float inverse, float scale, float sum, float product) {
                    return scale * inverse * ((y > 0 ? dy : 0) - (sum + (pre - mean) * inverse * product) / pass.batch);
                };
                value = make_float4(back(y.x, dy.x, pre.x, mean.x, inverse.x, scale.x, sum.x, product.x),
                    back(y.y, dy.y, pre.y, mean.y, inverse.y, scale.y, sum.y, product.y),
                    back(y.z, dy.z, pre.z, mean.z, inverse.z, scale.z, sum.z, product.z),
                    back(y.w, dy.w, pre.w, mean.w, inverse.w, scale.w, sum.w, product.w));
                store_quad(stage.pre_gradient + (tile.first + row) * WIDTH + column, value);
            }
            store_quad(gradient + row * GRADIENT_STRIDE + column, value);
        }
    }
    __syncthreads();
}

__device__ __forceinline__ void spread_reduction_gradient(int reduction, const float* inputs, int n, float value, float gradient, float (&to)[MOST_INPUTS]) {
    #pragma unroll
    for (int j = 0; j < MOST_INPUTS; j++) {
        if (j >= n) {
            break;
        }
        to[j] = reduction == AVERAGE ? gradient / n : gradient;
    }
    if (reduction == PRODUCT) {
        float before = gradient;
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            if (j >= n) {
                break;
            }
            to[j] = before;
            before *= inputs[j * WIDTH];
        }
        float after = 1;
        #pragma unroll
        for (int j = MOST_INPUTS - 1; j >= 0; j--) {
            if (j < n) {
                to[j] *= after;
                after *= inputs[j * WIDTH];
            }
        }
    } else if (reduction == MAXIMUM || reduction == MINIMUM) {
        bool found = false; // The gradient goes to the first input that attains the extremum.
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            if (j >= n) {
                break;
            }
            const bool attains = !found && inputs[j * WIDTH] == value;
            to[j] = attains ? gradient : 0;
            found |= attains;
        }
    }
}

// Gradient of the projections of one row and head. projections (n, H, 4, 8); upstream (n, q); weights and scores (n, n) are scratch of the
// row and head; result (n, 4, H, 8).
__device__ __forceinline__ void attention_query_backward(
    const float* projections, const float* upstream, int n, int heads, int token, int head, float* weights, float* scores, float* result) {
    const int q = heads * HEAD;
    float own[MOST_INPUTS];
    attention_weights(projections, n, heads, token, head, own);
    const float* gradient = upstream + token * q + head * HEAD;
    float along = 0;
    float of_weight[MOST_INPUTS];
    #pragma unroll
    for (int j = 0; j < MOST_INPUTS; j++) {
        if (j >= n) {
            break;
        }
        const float* value = projections + (j * heads + head) * 4 * HEAD + 2 * HEAD;
        of_weight[j] = 0;
        for (int a = 0; a < HEAD; a++) {
            of_weight[j] = fmaf(gradient[a], value[a], of_weight[j]);
        }
        along = fmaf(own[j], of_weight[j], along);
    }
    float of_query[HEAD] = {};
    #pragma unroll
    for (int j = 0; j < MOST_INPUTS; j++) {
        if (j >= n) {
            break;
        }
        const float score = own[j] * (of_weight[j] - along) * 0.35355339059327373f;
        weights[token * n + j] = own[j];
        scores[token * n + j] = score;
        const float* key = projections + (j * heads + head) * 4 * HEAD + HEAD;
        for (int a = 0; a < HEAD; a++) {
            of_query[a] = fmaf(score, key[a], of_query[a]);
        }
    }
    for (int a = 0; a < HEAD; a++) {
        result[token * 4 * q + head * HEAD + a] = of_query[a];
        result[token * 4 * q + 3 * q + head * HEAD + a] = gradient[a];
    }
}

__device__ __forceinline__ void attention_key_backward(
    const float* projections, const float* upstream, int n, int heads, int token, int head, const float* weights, const float* scores, float* result) {
    const int q = heads * HEAD;
    for (int a = 0; a < HEAD; a++) {
        float of_key = 0;
        float of_value = 0;
        for (int i = 0; i < n; i++) {
            of_key = fmaf(scores[i * n + token], projections[(i * heads + head) * 4 * HEAD + a], of_key);
            of_value = fmaf(weights[i * n + token], upstream[i * q + head * HEAD + a], of_value);
        }
        result[token * 4 * q + q + head * HEAD + a] = of_key;
        result[token * 4 * q + 2 * q + head * HEAD + a] = of_value;
    }
}

// Calls accumulate_input(row, column, value) once for every element of the gradient of the block's inputs (16, n*64).
template <bool EXACT, class Input>
__device__ __forceinline__ void block_backward(
    const Stage& stage, const Tile& tile, float* gradient, float* work, float* inverse, float* partial, Input accumulate_input) {
    const int n = stage.stage + 1;
    const PackedRows upper = pack_rows<16>(gradient, GRADIENT_STRIDE, WIDTH, inverse);
    if (stage.kind == MLP) {
        const int hidden = stage.parameter;
        const int stride = padded(hidden);
        tile_product<1, EXACT, PACKED>(upper, stage.output_weight, hidden, hidden, WIDTH, partial, [&](int row, int column, float value) {
            work[row * stride + column] = value;
            if (row < tile.valid) {
                stage.first_gradient[(tile.first + row) * hidden + column] = value;
            }
        });
        __syncthreads();
        tile_product<1, EXACT, PACKED>(
            pack_rows<16>(work, stride, hidden, inverse), stage.first_weight, n * WIDTH, n * WIDTH, hidden, partial, accumulate_input);
    } else if (stage.kind == ELEMENTWISE) {
        const int stride = padded(WIDTH);
        tile_product<1, EXACT, PACKED>(upper, stage.output_weight, WIDTH, WIDTH, WIDTH, partial,
            [&](int row, int column, float value) { work[row * stride + column] = value; });
        __syncthreads();
        for (int index = threadIdx.x; index < tile.valid * WIDTH; index += TILE_THREADS) {
            const int row = index / WIDTH;
            const int column = index % WIDTH;
            const float* inputs = stage.states + (tile.first + row) * stage.blocks * WIDTH + column;
            float to[MOST_INPUTS];
            spread_reduction_gradient(
                stage.parameter, inputs, n, stage.first[(tile.first + row) * WIDTH + column], work[row * stride + column], to);
            #pragma unroll
            for (int j = 0; j < MOST_INPUTS; j++) {
                if (j >= n) {
                    break;
                }
                accumulate_input(row, j * WIDTH + column, to[j]);
            }
        }
    } else {
        const int heads = stage.parameter;
        const int q = heads * HEAD;
        const int projected = n * 4 * q;
        const int upstream_stride = padded(n * q);
        const int result_stride = padded(projected);
        float* projections = work;                                 // (16, projected + 4)
        float* result = projections + 16 * (projected + 4);        // (16, result_stride)
        float* upstream = result + 16 * result_stride;             // (16, upstream_stride)
        float* weights = upstream + 16 * upstream_stride;          // (16, H, n, n)
        float* scores = weights + 16 * heads * n * n;
        load_rows<16>(projections, projected + 4, stage.first + tile.first * projected, projected, projected, tile.valid);
        tile_product<1, EXACT, PACKED>(upper, stage.output_weight, n * q, n * q, WIDTH, partial,
            [&](int row, int column, float value) { upstream[row * upstream_stride + column] = value; });
        __syncthreads();
        for (int phase = 0; phase < 2; phase++) {
            for (int index = threadIdx.x; index < 16 * n * heads; index += TILE_THREADS) {
                const int row = index / (n * heads);
                const int token = index % (n * heads) / heads;
                const int head = index % heads;
                float* own_weights = weights + (row * heads + head) * n * n;
                float* own_scores = scores + (row * heads + head) * n * n;
                if (phase == 0) {
                    attention_query_backward(projections + row * (projected + 4), upstream + row * upstream_stride, n, heads, token, head,
                        own_weights, own_scores, result + row * result_stride);
                } else {
                    attention_key_backward(projections + row * (projected + 4), upstream + row * upstream_stride, n, heads, token, head,
                        own_weights, own_scores, result + row * result_stride);
                }
            }
            __syncthreads();
        }
        for (int index = threadIdx.x; index < tile.valid * projected; index += TILE_THREADS) {
            stage.first_gradient[tile.first * projected + index] = result[index / projected * result_stride + index % projected];
        }
        __syncthreads();
        const PackedRows lower = pack_rows<16>(result, result_stride, projected, inverse);
        for (int g = warp_index(); g < 2 * n; g += TILE_WARPS) {
            float accumulators[1][4][4] = {};
            const WeightGroup group = {stage.first_weight, WIDTH, g % 2 * GROUP, WIDTH, 8, 4 * q};
            accumulate_pairs<1, EXACT, PACKED>(accumulators, lower.rows + g / 2 * 4 * q, lower.stride, group, 0, 4 * q);
            for_each_result<1>(accumulators, [&](int row, int part, int position, float value) {
                accumulate_input(row, g / 2 * WIDTH + g % 2 * GROUP + result_column<PACKED>(part, position), value * lower.inverse[row]);
            });
        }
    }
}

// What the tile contributes to the sums over the batch that batch norm of the stage before needs: of the gradient behind ReLU, and of its
// product with the normalised value.
__device__ __forceinline__ void tile_sums(const Stage& stage, const Tile& tile, const float* newest, float2* scratch) {
    const int column = threadIdx.x % WIDTH;
    const long long stride = stage.blocks * WIDTH;
    const float mean = stage.previous_statistics[column];
    const float inverse = stage.previous_statistics[WIDTH + column];
    const float2 sums = column_sums(
        scratch, tile.valid,
        [&](int row) {
            return make_float2(stage.states[(tile.first + row) * stride + stage.stage * WIDTH + column],
                stage.previous_pre[(tile.first + row) * WIDTH + column]);
        },
        [&](int row, const float2& loaded) {
            const float gradient = loaded.x > 0 ? newest[row * GRADIENT_STRIDE + column] : 0;
            return make_float2(gradient, gradient * (loaded.y - mean) * inverse);
        },
        [] {});
    if (threadIdx.x < WIDTH) {
        stage.partials[(long long)tile.index * WIDTH + column] = sums;
    }
}

template <bool EXACT> __device__ __forceinline__ void backward_stage(const Stage& stage, const Pass& pass) {
    wait_for_launch_before();
    if (stage.stage < 0) {
        return;
    }
    const Tile tile = own_tile<16>(pass);
    DYNAMIC_SHARED(float, memory);
    float* partial = memory;
    float* inverse = partial + PARTIAL_FLOATS<1>;
    float* gradient = inverse + 16;
    float* newest = gradient + 16 * GRADIENT_STRIDE; // the complete gradient of states[:, s]
    float* work = newest + 16 * GRADIENT_STRIDE;
    gradient_of_pre(stage, pass, tile, gradient, partial);
    const bool is_last = stage.stage == stage.blocks - 1;
    const int stride = stage.blocks * WIDTH;
    block_backward<EXACT>(stage, tile, gradient, work, inverse, partial, [&](int row, int column, float value) {
        if (row < tile.valid) {
            float* place = stage.state_gradients + (tile.first + row) * stride + column;
            value = is_last ? value : *place + value;
            *place = value;
        }
        if (column >= stage.stage * WIDTH) {
            newest[row * GRADIENT_STRIDE + column - stage.stage * WIDTH] = value;
        }
    });
    __syncthreads();
    if (stage.stage > 0) {
        tile_sums(stage, tile, newest, reinterpret_cast<float2*>(partial));
        return;
    }
    for (int index = threadIdx.x; index < (16 - tile.valid) * WIDTH; index += TILE_THREADS) {
        newest[(tile.valid + index / WIDTH) * GRADIENT_STRIDE + index % WIDTH] = 0;
    }
    __syncthreads();
    const float norm = stage.penalty_columns > 0 ? *stage.penalty_norm : 0;
    const float penalty = norm > 0 ? stage.penalty / norm : 0;
    tile_product<1, EXACT, PACKED>(
        pack_rows<16>(newest, GRADIENT_STRIDE, WIDTH, inverse), stage.alignment_weight, stage.input_width, stage.input_width, WIDTH, partial,
        [&](int row, int column, float value) {
            if (row < tile.valid) {
                const long long place = (tile.first + row) * stage.input_stride + column;
                stage.input_gradient[place] += column < stage.penalty_columns ? value + penalty * stage.input[place] : value;
            }
        });
}

extern "C" __global__ void __launch_bounds__(512) towers_backward_16(Towers towers) { backward_stage<true>(towers.of[blockIdx.y], towers.pass); }
extern "C" __global__ void __launch_bounds__(512) towers_backward_16_tf32(Towers towers) { backward_stage<false>(towers.of[blockIdx.y], towers.pass); }

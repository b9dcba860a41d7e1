// Self-attention pooling of histories from embedding tables to pooled vector in one launch, and back in another (paper, section 3.2.2).
// x = history + position; the mean over the rows is taken before the value projection, as in pooling_self_attention.cu:
//
//   q | k = x wᵀ + b     A[i] = softmax over the valid j of q[i] . k[j] / sqrt(d)     m = dropout mask, 0 or 1 / (1 - rate)
//   c[j] = 1 / valid sum_i m[i, j] A[i, j]     pooled = sum_j c[j] x[j]     mass = sum_j c[j]
//   values = pooled wvᵀ + mass bv     y = values woᵀ + bo, or 0 for an empty history
//
//   dvalues = dy wo     dpooled = dvalues wv     dc[j] = dpooled . x[j] + dvalues . bv
//   g[i, j] = m[i, j] dc[j] / valid     s[i, j] = A[i, j] (g[i, j] - sum_n A[i, n] g[i, n]) / sqrt(d)
//   dq = s k     dk = sᵀ q     dx[j] = c[j] dpooled + (dq | dk)[j] w
//
// y (B, d), A (B, L*L; padding undefined), c (B, L), pooled and values (B, d) are assigned. Backward accumulates the gradients of the
// layers, of position and of the tables by atomic additions; q and k are computed again, which costs less than keeping them.
//
// Rows are split into fp16 pairs once and stay in shared memory as pairs (pair_rows.cuh); so does the first layer's weight, all of it where it
// fits. Products read them as they are or turned over; only the vectors' products, whose weights a block uses once, split while they read.
//
// q | k has `wide` columns each, d rounded up to a multiple of 8; where that adds columns, they are zero throughout.
#include "common/history_projection.cuh"
#include "common/vector_add.cuh"

// masses = sum of c.
__device__ __forceinline__ void add_masses(const Examples& own, const Arrays& at, int length) {
    for (int example = warp_index(); example < own.count; example += HISTORY_WARPS) {
        float sum = 0;
        for (int j = lane_index(); j < length; j += WARP) {
            sum += at.means[example * length + j];
        }
        at.masses[example] = warp_sum(sum);
    }
}

// Lanes of a team own four neighbouring columns at a time.
constexpr int TEAM_COLUMNS = 4 * TEAM;

template <bool EXACT> __device__ __forceinline__ void forward(const History& h) {
    DYNAMIC_SHARED(float, memory);
    const Examples own(h);
    const Arrays at(memory, h, false);
    const Quads quads(at.wide);
    const int length = h.length;
    const int width = h.width;
    load<EXACT>(h, own, at, quads);
    pad_rows(h, at.vectors[0], at.vector_stride, h.examples);
    pad_rows(h, at.vectors[1], at.vector_stride, h.examples);
    __syncthreads();
    const Scales scales(h, at);
    project<EXACT>(h, own, at, quads, scales);

    const float scale = undo(scales.query_key) * undo(scales.query_key) * rsqrtf((float)width);
    #pragma unroll 1
    for (int example = 0, tasks = 0; example < own.count; example++) {
        const float* rows = at.query_key + example * length * at.projected_stride;
        float* scores = at.scores + example * length * at.score_stride;
        tasks = pair_product<EXACT, HISTORY_WARPS, 2, AS_ROWS, AS_ROWS>(
            tasks, {rows, at.projected_stride}, length, {rows + at.wide, at.projected_stride}, length, width, [&](int i) {
                float* place = scores + i * at.score_stride;
                return [=](int j, float a, float b) { *reinterpret_cast<float2*>(place + j) = make_float2(a * scale, b * scale); };
            });
    }
    __syncthreads();
    const float kept_factor = 1 / (1 - h.dropout_rate);
    for_each_row(own.rows, [&](int row, int member, bool active) {
        const int start = length - h.lengths[own.first + row / length];
        const bool valid = row % length >= start;
        float* scores = at.scores + row * at.score_stride;
        const int end = active ? length : 0;
        float maximum = -infinity();
        for (int first = 4 * member; first < end; first += TEAM_COLUMNS) {
            const float4 quad = *reinterpret_cast<const float4*>(scores + first);
            const float values[4] = {quad.x, quad.y, quad.z, quad.w};
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                maximum = first + i >= start && first + i < length ? fmaxf(maximum, values[i]) : maximum;
            }
        }
        maximum = team_reduce<Maximum>(maximum);
        float sum = 0;
        for (int first = 4 * member; first < end; first += TEAM_COLUMNS) {
            const float4 quad = *reinterpret_cast<const float4*>(scores + first);
            float values[4] = {quad.x, quad.y, quad.z, quad.w};
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                values[i] = first + i >= start && first + i < length ? expf(values[i] - maximum) : 0;
                sum += values[i];
            }
            *reinterpret_cast<float4*>(scores + first) = make_float4(values[0], values[1], values[2], values[3]);
        }
        sum = team_reduce<Sum>(sum);
        const float normaliser = valid ? 1 / sum : 0;
        for (int first = 4 * member; first < end; first += TEAM_COLUMNS) {
            const float4 quad = *reinterpret_cast<const float4*>(scores + first);
            float values[4] = {quad.x * normaliser, quad.y * normaliser, quad.z * normaliser, quad.w * normaliser};
            const long long number = ((long long)own.first * length + row) * length + first;
            if (h.weights != nullptr) {
                if (length % 4 == 0) {
                    *reinterpret_cast<float4*>(h.weights + number) = make_float4(values[0], values[1], values[2], values[3]);
                } else {
                    #pragma unroll
                    for (int i = 0; i < 4; i++) {
                        if (first + i < length) {
                            h.weights[number + i] = values[i];
                        }
                    }
                }
            }
            if (h.dropout_rate != 0) {
                bool kept[4];
                draw_four(h, number, kept);
                #pragma unroll
                for (int i = 0; i < 4; i++) {
                    values[i] = kept[i] ? values[i] * kept_factor : 0;
                }
            }
            *reinterpret_cast<float4*>(scores + first) = make_float4(values[0], values[1], values[2], values[3]);
        }
    });
    __syncthreads();
    for (int row = threadIdx.x; row < own.rows; row += HISTORY_THREADS) {
        const int example = row / length;
        const float* scores = at.scores + example * length * at.score_stride + row % length;
        float sum = 0;
        #pragma unroll 4
        for (int i = 0; i < length; i++) {
            sum += scores[i * at.score_stride];
        }
        at.means[row] = sum / max(h.lengths[own.first + example], 1);
        if (h.means != nullptr) {
            h.means[(long long)own.first * length + row] = at.means[row];
        }
    }
    __syncthreads();
    const int column_pairs = at.wide / 2;
    for (int index = threadIdx.x; index < own.count * column_pairs; index += HISTORY_THREADS) {
        const int example = index / column_pairs;
        const int column = index % column_pairs * 2;
        const float* means = at.means + example * length;
        const unsigned* x = reinterpret_cast<const unsigned*>(at.x + example * length * at.stride) + column - column % 8 / 2;
        float2 sum = make_float2(0, 0);
        #pragma unroll 4
        for (int j = 0; j < length; j++) {
            const float2 high = from_halves(x[j * at.stride]);
            const float2 low = from_halves(x[j * at.stride + 4]);
            sum.x += means[j] * (high.x + low.x);
            sum.y += means[j] * (high.y + low.y);
        }
        if (column < width) {
            sum.x *= undo(scales.x);
            sum.y *= undo(scales.x);
            *reinterpret_cast<float2*>(at.vectors[0] + example * at.vector_stride + column) = sum;
            if (h.pooled != nullptr) {
                *reinterpret_cast<float2*>(h.pooled + (long long)(own.first + example) * width + column) = sum;
            }
        }
    }
    add_masses(own, at, length);
    __syncthreads();
    product<EXACT, OUT_IN>(0, at.vectors[0], at.vector_stride, own.count, h.second.weight, width, width, width, [&](int example, int column, float value) {
        value += at.masses[example] * h.second.bias[column];
        at.vectors[1][example * at.vector_stride + column] = value;
        if (h.values != nullptr) {
            h.values[(long long)(own.first + example) * width + column] = value;
        }
    });
    __syncthreads();
    product<EXACT, OUT_IN>(0, at.vectors[1], at.vector_stride, own.count, h.third.weight, width, width, width, [&](int example, int column, float value) {
        const int row = own.first + example;
        h.output[(long long)row * h.output_stride + column] = h.lengths[row] > 0 ? value + h.third.bias[column] : 0;
    });
}

// weight_gradient += leftᵀ right over the block's examples, bias_gradient += sum of factor(example) left; rows of left are zero where the
// history is empty.
template <class Factor> __device__ __forceinline__ void add_vector_gradients(
    const History& h, const Examples& own, const Quads& quads, const Layer& layer, const float* left, int stride, const float* right, Factor factor) {
    constexpr int AT_ONCE = 4;
    const bool active = quads.slice < quads.slices && quads.column < h.width;
    #pragma unroll 1
    for (int first = 0; first < own.count; first += AT_ONCE) {
        float4 of_right[AT_ONCE];
        const float* of_left[AT_ONCE];
        #pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            const int example = min(first + i, own.count - 1);
            of_left[i] = left + example * stride;
            of_right[i] = active && first + i < own.count
                              ? *reinterpret_cast<const float4*>(right + (long long)(own.first + example) * h.width + quads.column)
                              : make_float4(0, 0, 0, 0);
        }
        #pragma unroll 1
        for (int row = quads.slice; active && row < h.width; row += quads.slices) {
            float4 sum = make_float4(0, 0, 0, 0);
            #pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                const float value = of_left[i][row];
                sum.x += value * of_right[i].x;
                sum.y += value * of_right[i].y;
                sum.z += value * of_right[i].z;
                sum.w += value * of_right[i].w;
            }
            add_four(layer.weight_gradient + row * h.width + quads.column, sum);
        }
    }
    for (int column = threadIdx.x; column < h.width; column += HISTORY_THREADS) {
        float sum = 0;
        for (int example = 0; example < own.count; example++) {
            sum += factor(example) * left[example * stride + column];
        }
        atomicAdd(layer.bias_gradient + column, sum);
    }
}

// The attention weights that forward saved, with zeros up to the next multiple of 8 columns; c, and dy with zeros where the history is empty.
__device__ __forceinline__ void load_saved(const History& h, const Examples& own, const Arrays& at) {
    const int length = h.length;
    const float* weights = h.weights + (long long)own.first * length * length;
    const int padded = round8(length);
    if (length % 4 == 0) {
        const int quads = padded / 4;
        for (int index = threadIdx.x; index < own.rows * quads; index += HISTORY_THREADS) {
            const int row = index / quads;
            const int column = index % quads * 4;
            float* place = at.scores + row * at.score_stride + column;
            if (column < length) {
                copy_16_bytes_async(place, weights + row * length + column);
            } else {
                *reinterpret_cast<float4*>(place) = make_float4(0, 0, 0, 0);
            }
        }
    } else {
        for (int index = threadIdx.x; index < own.rows * padded; index += HISTORY_THREADS) {
            const int row = index / padded;
            const int column = index % padded;
            at.scores[row * at.score_stride + column] = column < length ? weights[row * length + column] : 0;
        }
    }
    commit_async_copies();
    for (int row = threadIdx.x; row < own.rows; row += HISTORY_THREADS) {
        at.means[row] = h.means[(long long)own.first * length + row];
    }
    for (int index = threadIdx.x; index < h.examples * at.mean_stride; index += HISTORY_THREADS) {
        at.mean_gradients[index] = 0; // Those past L stay so.
    }
    for (int index = threadIdx.x; index < own.count * h.width; index += HISTORY_THREADS) {
        const int row = own.first + index / h.width;
        at.vectors[0][index / h.width * at.vector_stride + index % h.width] =
            h.lengths[row] > 0 ? h.output_gradient[(long long)row * h.gradient_stride + index % h.width] : 0;
    }
    pad_rows(h, at.vectors[0], at.vector_stride, h.examples);
    pad_rows(h, at.vectors[1], at.vector_stride, h.examples);
}

// mean_gradients = dc / valid.
__device__ __forceinline__ void differentiate_means(const History& h, const Examples& own, const Arrays& at, const Scales& scales) {
    unsigned largest = 0;
    for_each_row(own.rows, [&](int row, int member, bool active) {
        const int example = row / h.length;
        const float* pooled_gradient = at.vectors[2] + example * at.vector_stride;
        const float* value_gradient = at.vectors[1] + example * at.vector_stride;
        float of_x = 0;
        float of_bias = 0;
        for (int column = 4 * member; column < h.width; column += TEAM_COLUMNS) {
            const float4 x = load_quad_pairs(at.x + row * at.stride, column);
            const float4 dpooled = *reinterpret_cast<const float4*>(pooled_gradient + column);
            const float4 dvalue = *reinterpret_cast<const float4*>(value_gradient + column);
            const float4 bias = *reinterpret_cast<const float4*>(h.second.bias + column);
            of_x += dpooled.x * x.x + dpooled.y * x.y + dpooled.z * x.z + dpooled.w * x.w;
            of_bias += dvalue.x * bias.x + dvalue.y * bias.y + dvalue.z * bias.z + dvalue.w * bias.w;
        }
        const float sum = team_reduce<Sum>(of_x * undo(scales.x) + of_bias);
        if (active && member == 0) {
            const float gradient = sum / max(h.lengths[own.first + example], 1);
            at.mean_gradients[example * at.mean_stride + row % h.length] = gradient;
            largest = max(largest, __float_as_uint(gradient) & 0x7fffffffu);
        }
    });
    record_largest(at.largest + OF_MEAN_GRADIENT, largest);
}

// scores: from attention weights to their gradients as pairs, in place.
template <bool EXACT>
__device__ __forceinline__ void differentiate_scores(const History& h, const Examples& own, const Arrays& at, float scale) {
    const float kept_factor = 1 / (1 - h.dropout_rate);
    const int length = h.length;
    for_each_row(own.rows, [&](int row, int member, bool active) {
        const float* mean_gradients = at.mean_gradients + row / length * at.mean_stride;
        float* scores = at.scores + row * at.score_stride;
        const int end = active ? length : 0;
        float mean = 0;
        for (int first = 4 * member; first < end; first += TEAM_COLUMNS) {
            float4 weights = *reinterpret_cast<const float4*>(scores + first);
            float4 gradients = *reinterpret_cast<const float4*>(mean_gradients + first);
            if (h.dropout_rate != 0) {
                bool kept[4];
                draw_four(h, ((long long)own.first * length + row) * length + first, kept);
                // Weights are not negative; from here on the sign says which are dropped.
                weights = make_float4(kept[0] ? weights.x : -weights.x, kept[1] ? weights.y : -weights.y, kept[2] ? weights.z : -weights.z,
                                      kept[3] ? weights.w : -weights.w);
                *reinterpret_cast<float4*>(scores + first) = weights;
            }
            mean += fmaxf(weights.x, 0) * gradients.x + fmaxf(weights.y, 0) * gradients.y + fmaxf(weights.z, 0) * gradients.z
                    + fmaxf(weights.w, 0) * gradients.w;
        }
        mean = kept_factor * team_reduce<Sum>(mean);
        const auto differentiate = [&](float weight, float gradient) {
            return fabsf(weight) * scale * ((weight > 0 ? kept_factor * gradient : 0) - mean);
        };
        const int columns = round8(length);
        for (int first = 0; first < columns; first += TEAM_COLUMNS) {
            const int column = first + 4 * member;
            const bool writes = active && column < columns;
            float4 weights = make_float4(0, 0, 0, 0);
            float4 gradients = make_float4(0, 0, 0, 0);
            if (writes) {
                weights = *reinterpret_cast<const float4*>(scores + column);
                gradients = *reinterpret_cast<const float4*>(mean_gradients + column);
            }
            __syncwarp(); // Others have read what is written now.
            if (writes) {
                store_quad_pairs<EXACT>(scores, column, make_float4(differentiate(weights.x, gradients.x), differentiate(weights.y, gradients.y),
                                                                    differentiate(weights.z, gradients.z), differentiate(weights.w, gradients.w)));
            }
        }
    });
}

template <bool EXACT> __device__ __forceinline__ void backward(const History& h) {
    DYNAMIC_SHARED(float, memory);
    const Examples own(h);
    const Arrays at(memory, h, true);
    const Quads quads(at.wide);
    const int length = h.length;
    const int width = h.width;
    const int both = 2 * at.wide;
    load_saved(h, own, at);
    load<EXACT>(h, own, at, quads);
    add_masses(own, at, length);
    product<EXACT, IN_OUT>(7, at.vectors[0], at.vector_stride, own.count, h.third.weight, width, width, width,
        [&](int example, int column, float value) { at.vectors[1][example * at.vector_stride + column] = value; });
    __syncthreads();
    const Scales scales(h, at);
    product<EXACT, IN_OUT>(7, at.vectors[1], at.vector_stride, own.count, h.second.weight, width, width, width,
        [&](int example, int column, float value) { at.vectors[2][example * at.vector_stride + column] = value; });
    project<EXACT>(h, own, at, quads, scales);
    // Their atomic additions run on behind what follows.
    add_vector_gradients(h, own, quads, h.third, at.vectors[0], at.vector_stride, h.values, [](int) { return 1.0f; });
    add_vector_gradients(h, own, quads, h.second, at.vectors[1], at.vector_stride, h.pooled, [&](int example) { return at.masses[example]; });
    differentiate_means(h, own, at, scales);
    __syncthreads();
    // |s| is at most 2 max |g| / sqrt(d) times a weight, and weights of a row add up to 1 at the most.
    const float score_bound = 2 * rsqrtf((float)width) * __uint_as_float(at.largest[OF_MEAN_GRADIENT]) / (1 - h.dropout_rate);
    const float score_scale = scale_below(score_bound);
    const float gradient_scale = scale_below(score_bound * scales.query_key_bound * length);
    differentiate_scores<EXACT>(h, own, at, rsqrtf((float)width) * score_scale);
    __syncthreads();
    const float factor = undo(score_scale) * gradient_scale * undo(scales.query_key);
    #pragma unroll 1
    for (int example = 0, tasks = 0; example < own.count; example++) {
        const PairRows scores = {at.scores + example * length * at.score_stride, at.score_stride};
        const float* queries = at.query_key + example * length * at.projected_stride;
        float* gradients = at.query_key_gradients + example * length * at.projected_stride;
        const auto store = [=](float* row) {
            float* place = row - 2 * (lane_index() % 4);
            return [=](int column, float a, float b) { store_result_pairs<EXACT>(place + column, a * factor, b * factor); };
        };
        tasks = pair_product<EXACT, HISTORY_WARPS, 3, AS_ROWS, AS_DEPTH>(tasks, scores, length, {queries + at.wide, at.projected_stride}, at.wide, length,
            [&](int i) { return store(gradients + i * at.projected_stride); });
        tasks = pair_product<EXACT, HISTORY_WARPS, 3, AS_DEPTH, AS_DEPTH>(tasks, scores, length, {queries, at.projected_stride}, at.wide, length,
            [&](int j) { return store(gradients + j * at.projected_stride + at.wide); });
    }
    __syncthreads();

    // Queries and keys have done their part; dx takes their place.
    float* dx = at.query_key;
    const PairRows gradients = {at.query_key_gradients, at.projected_stride};
    // Atomic additions first: they run on behind the products of dx.
    const float weight_factor = undo(gradient_scale) * undo(scales.x);
    int tasks = pair_product<EXACT, HISTORY_WARPS, 3, AS_DEPTH, AS_DEPTH>(0, gradients, both, {at.x, at.stride}, width, own.rows, [&](int row) {
        const int output = at.output_of(h, row);
        float* place = output >= 0 ? h.first.weight_gradient + output * width : nullptr;
        return [=](int column, float a, float b) {
            if (place != nullptr) {
                add_two(place + column, a * weight_factor, b * weight_factor);
            }
        };
    });
    pair_column_sums<EXACT, HISTORY_WARPS>(0, gradients, both, own.rows, [&](int column, float a, float b) {
        const int output = at.output_of(h, column);
        if (output >= 0) {
            add_two(h.first.bias_gradient + output, a * undo(gradient_scale), b * undo(gradient_scale));
        }
    });
    const float dx_factor = undo(gradient_scale) / WEIGHT_SCALE;
    #pragma unroll 1
    for (int first = 0; first < both; first += h.panel) {
        if (h.panel < both) {
            change_panel<EXACT>(h, at, quads, first);
        }
        tasks = pair_product<EXACT, HISTORY_WARPS, 3, AS_ROWS, AS_DEPTH>(tasks, {gradients.rows + first, gradients.stride}, own.rows,
            {at.weight, at.stride}, width, min(h.panel, both - first), [&](int row) {
                float* place = dx + row * at.stride;
                const float mean = at.means[row];
                const float* pooled_gradient = at.vectors[2] + row / length * at.vector_stride;
                return [=](int column, float a, float b) {
                    const float* others = first > 0 ? place : pooled_gradient;
                    const float share = first > 0 ? 1 : mean;
                    const float2 other = *reinterpret_cast<const float2*>(others + column);
                    *reinterpret_cast<float2*>(place + column) = make_float2(a * dx_factor + share * other.x, b * dx_factor + share * other.y);
                };
            });
    }
    __syncthreads();
    for (int l = quads.slice; quads.slice < quads.slices && quads.column < width && l < length; l += quads.slices) {
        float4 sum = make_float4(0, 0, 0, 0);
        for (int example = 0; example < own.count; example++) {
            const float4 gradient = *reinterpret_cast<const float4*>(dx + (example * length + l) * at.stride + quads.column);
            sum = make_float4(sum.x + gradient.x, sum.y + gradient.y, sum.z + gradient.z, sum.w + gradient.w);
        }
        add_four(h.position_gradient + l * width + quads.column, sum);
    }
    scatter_rows<HISTORY_THREADS>(h.fields, at.found, own.rows, width, at.query_key_gradients, h.copies,
        [&](int row, int column) { return dx[row * at.stride + column]; });
}

extern "C" __global__ void __launch_bounds__(256, 2) history_self_attention_forward(LARGE_ARGUMENT(History) h) { const RunsBeside beside; forward<true>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attention_forward_tf32(LARGE_ARGUMENT(History) h) { const RunsBeside beside; forward<false>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attention_backward(LARGE_ARGUMENT(History) h) { const RunsBeside beside; backward<true>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attention_backward_tf32(LARGE_ARGUMENT(History) h) { const RunsBeside beside; backward<false>(h); }

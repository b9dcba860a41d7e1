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
#include "common/history.cuh"

// The block's arrays in shared memory.
struct Arrays {
    int stride;           // of x, and of what is (examples, d)
    int projected_stride; // of q | k and its gradient
    int score_stride;
    float* x;                   // (R, d)
    float* query_key;           // (R, 2d)
    float* query_key_gradients; // (R, 2d), backward only
    float* scores;              // (R, L)
    float* means;               // (R): c
    float* mean_gradients;      // (R): dc
    float* vectors[3];          // (examples, d)
    int2* found;                // (R, fields)

    __device__ __forceinline__ Arrays(float* memory, const History& h, bool backward) {
        SharedMemory shared = {memory};
        const int rows = h.examples * h.length;
        stride = row_stride(h.width);
        projected_stride = row_stride(2 * h.width);
        score_stride = row_stride(h.length);
        x = shared.take(rows * stride);
        query_key = shared.take(rows * projected_stride);
        query_key_gradients = backward ? shared.take(rows * projected_stride) : nullptr;
        scores = shared.take(rows * score_stride);
        means = shared.take(rows);
        mean_gradients = shared.take(rows);
        found = reinterpret_cast<int2*>(shared.take(2 * rows * h.fields.count));
        for (int i = 0; i < 3; i++) {
            vectors[i] = shared.take(h.examples * stride);
        }
    }
};

// scores[i, j] *= m[i, j], for every weight of the block's examples; four of them share a block of random numbers.
__device__ __forceinline__ void drop_out(const History& h, const Examples& own, float* scores, int stride) {
    if (h.dropout_rate == 0) {
        return;
    }
    const int square = h.length * h.length;
    const unsigned step = (unsigned)*h.clock;
    const float kept = 1 / (1 - h.dropout_rate);
    const long long first = (long long)own.first * square;
    const int count = own.count * square;
    const int offset = (int)(first % 4);
    for (int quad = threadIdx.x; 4 * quad < count + offset; quad += HISTORY_THREADS) {
        const unsigned long long block = (unsigned long long)first / 4 + quad;
        const uint4 random = philox(h.dropout_seed, (unsigned)block, (unsigned)(block >> 32), step, RANDOM_STREAM_DROPOUT);
        const unsigned words[4] = {random.x, random.y, random.z, random.w};
        #pragma unroll
        for (int i = 0; i < 4; i++) {
            const int element = 4 * quad + i - offset;
            if (element >= 0 && element < count) {
                scores[element / h.length * stride + element % h.length] *= to_uniform(words[i]) >= h.dropout_rate ? kept : 0;
            }
        }
    }
}

// query_key = x wᵀ + b. The block is in step after.
template <bool EXACT> __device__ __forceinline__ void project(const History& h, const Examples& own, const Arrays& at) {
    product<EXACT, OUT_IN>(0, at.x, at.stride, own.rows, h.first.weight, h.width, 2 * h.width, h.width, [&](int row, int column, float value) {
        at.query_key[row * at.projected_stride + column] = value + h.first.bias[column];
    });
    __syncthreads();
}

__device__ __forceinline__ void pad_vectors(const History& h, float* vectors, int stride) {
    const int extra = round16(h.width) - h.width;
    for (int index = threadIdx.x; index < h.examples * extra; index += HISTORY_THREADS) {
        vectors[index / extra * stride + h.width + index % extra] = 0;
    }
}

template <bool EXACT> __device__ __forceinline__ void forward(const History& h) {
    DYNAMIC_SHARED(float, memory);
    const Examples own(h);
    const Arrays at(memory, h, false);
    const int length = h.length;
    const int width = h.width;
    find_history(h, own, at.found);
    load_positioned(h, own, at.found, at.stride, at.x, nullptr);
    pad_vectors(h, at.vectors[0], at.stride);
    pad_vectors(h, at.vectors[1], at.stride);
    __syncthreads();
    project<EXACT>(h, own, at);

    const float scale = rsqrtf((float)width);
    for (int example = 0, tasks = 0; example < own.count; example++) {
        const float* rows = at.query_key + example * length * at.projected_stride;
        float* scores = at.scores + example * length * at.score_stride;
        tasks = product<EXACT, OUT_IN>(tasks, rows, at.projected_stride, length, rows + width, at.projected_stride, length, width,
            [&](int i, int j, float value) { scores[i * at.score_stride + j] = value * scale; });
    }
    __syncthreads();
    for_each_row(own.rows, [&](int row, int member, bool active) {
        const int start = length - h.lengths[own.first + row / length];
        const bool valid = row % length >= start;
        float* scores = at.scores + row * at.score_stride;
        float maximum = -infinity();
        for (int j = start + member; active && j < length; j += TEAM) {
            maximum = fmaxf(maximum, scores[j]);
        }
        maximum = team_reduce<Maximum>(maximum);
        float sum = 0;
        for (int j = start + member; active && j < length; j += TEAM) {
            sum += expf(scores[j] - maximum);
        }
        const float normaliser = 1 / team_reduce<Sum>(sum);
        __syncwarp(); // Others have read what is written now.
        for (int j = member; active && j < length; j += TEAM) {
            const float weight = valid && j >= start ? expf(scores[j] - maximum) * normaliser : 0;
            scores[j] = weight;
            if (h.weights != nullptr) {
                h.weights[((long long)own.first * length + row) * length + j] = weight;
            }
        }
    });
    __syncthreads();
    drop_out(h, own, at.scores, at.score_stride);
    __syncthreads();
    for (int row = threadIdx.x; row < own.rows; row += HISTORY_THREADS) {
        const int example = row / length;
        const float* scores = at.scores + example * length * at.score_stride + row % length;
        float sum = 0;
        for (int i = 0; i < length; i++) {
            sum += scores[i * at.score_stride];
        }
        at.means[row] = sum / max(h.lengths[own.first + example], 1);
        if (h.means != nullptr) {
            h.means[(long long)own.first * length + row] = at.means[row];
        }
    }
    __syncthreads();
    for (int index = threadIdx.x; index < own.count * width; index += HISTORY_THREADS) {
        const int example = index / width;
        const int column = index % width;
        float sum = 0;
        for (int j = example * length; j < (example + 1) * length; j++) {
            sum += at.means[j] * at.x[j * at.stride + column];
        }
        at.vectors[0][example * at.stride + column] = sum;
        if (h.pooled != nullptr) {
            h.pooled[(long long)own.first * width + index] = sum;
        }
    }
    for (int example = warp_index(); example < own.count; example += HISTORY_WARPS) {
        float sum = 0;
        for (int j = lane_index(); j < length; j += WARP) {
            sum += at.means[example * length + j];
        }
        at.mean_gradients[example] = warp_sum(sum); // Backward's place: here the mass.
    }
    __syncthreads();
    product<EXACT, OUT_IN>(0, at.vectors[0], at.stride, own.count, h.second.weight, width, width, width, [&](int example, int column, float value) {
        value += at.mean_gradients[example] * h.second.bias[column];
        at.vectors[1][example * at.stride + column] = value;
        if (h.values != nullptr) {
            h.values[(long long)(own.first + example) * width + column] = value;
        }
    });
    __syncthreads();
    product<EXACT, OUT_IN>(0, at.vectors[1], at.stride, own.count, h.third.weight, width, width, width, [&](int example, int column, float value) {
        const int row = own.first + example;
        h.output[(long long)row * h.output_stride + column] = h.lengths[row] > 0 ? value + h.third.bias[column] : 0;
    });
}

// weight_gradient += leftᵀ right over the block's examples, bias_gradient += sum of factor(example) left; rows of left are zero where the
// history is empty.
template <class Factor> __device__ __forceinline__ void add_vector_gradients(
    const History& h, const Examples& own, const Layer& layer, const float* left, int stride, const float* right, Factor factor) {
    for (int index = threadIdx.x; index < h.width * h.width; index += HISTORY_THREADS) {
        float sum = 0;
        for (int example = 0; example < own.count; example++) {
            sum += left[example * stride + index / h.width] * right[(long long)(own.first + example) * h.width + index % h.width];
        }
        atomicAdd(layer.weight_gradient + index, sum);
    }
    for (int column = threadIdx.x; column < h.width; column += HISTORY_THREADS) {
        float sum = 0;
        for (int example = 0; example < own.count; example++) {
            sum += factor(example) * left[example * stride + column];
        }
        atomicAdd(layer.bias_gradient + column, sum);
    }
}

template <bool EXACT> __device__ __forceinline__ void backward(const History& h) {
    DYNAMIC_SHARED(float, memory);
    const Examples own(h);
    const Arrays at(memory, h, true);
    const int length = h.length;
    const int width = h.width;
    find_history(h, own, at.found);
    load_positioned(h, own, at.found, at.stride, at.x, nullptr);
    for (int index = threadIdx.x; index < own.count * width; index += HISTORY_THREADS) {
        const int row = own.first + index / width;
        at.vectors[0][index / width * at.stride + index % width] =
            h.lengths[row] > 0 ? h.output_gradient[(long long)row * h.gradient_stride + index % width] : 0;
    }
    for (int row = threadIdx.x; row < own.rows; row += HISTORY_THREADS) {
        at.means[row] = h.means[(long long)own.first * length + row];
    }
    pad_vectors(h, at.vectors[0], at.stride);
    pad_vectors(h, at.vectors[1], at.stride);
    __syncthreads();
    product<EXACT, IN_OUT>(7, at.vectors[0], at.stride, own.count, h.third.weight, width, width, width,
        [&](int example, int column, float value) { at.vectors[1][example * at.stride + column] = value; });
    project<EXACT>(h, own, at);
    product<EXACT, IN_OUT>(0, at.vectors[1], at.stride, own.count, h.second.weight, width, width, width,
        [&](int example, int column, float value) { at.vectors[2][example * at.stride + column] = value; });
    add_vector_gradients(h, own, h.third, at.vectors[0], at.stride, h.values, [](int) { return 1.0f; });
    add_vector_gradients(h, own, h.second, at.vectors[1], at.stride, h.pooled, [&](int example) {
        float mass = 0;
        for (int j = example * length; j < (example + 1) * length; j++) {
            mass += at.means[j];
        }
        return mass;
    });
    __syncthreads();
    for_each_row(own.rows, [&](int row, int member, bool active) {
        const int example = row / length;
        const float* pooled_gradient = at.vectors[2] + example * at.stride;
        const float* value_gradient = at.vectors[1] + example * at.stride;
        float sum = 0;
        for (int column = member; column < width; column += TEAM) {
            sum += pooled_gradient[column] * at.x[row * at.stride + column] + value_gradient[column] * h.second.bias[column];
        }
        sum = team_reduce<Sum>(sum);
        if (active && member == 0) {
            at.mean_gradients[row] = sum / max(h.lengths[own.first + example], 1);
        }
    });
    __syncthreads();
    for (int index = threadIdx.x; index < own.rows * length; index += HISTORY_THREADS) {
        const int row = index / length;
        at.scores[row * at.score_stride + index % length] = at.mean_gradients[row / length * length + index % length];
    }
    __syncthreads();
    drop_out(h, own, at.scores, at.score_stride);
    __syncthreads();
    const float scale = rsqrtf((float)width);
    for_each_row(own.rows, [&](int row, int member, bool active) {
        const int start = length - h.lengths[own.first + row / length];
        const bool valid = row % length >= start;
        const float* weights = h.weights + ((long long)own.first * length + row) * length;
        float* scores = at.scores + row * at.score_stride;
        float mean = 0;
        for (int j = start + member; active && j < length; j += TEAM) {
            mean += weights[j] * scores[j];
        }
        mean = team_reduce<Sum>(mean);
        __syncwarp(); // Others have read what is written now.
        for (int j = member; active && j < round16(length); j += TEAM) {
            scores[j] = valid && j >= start && j < length ? scale * weights[j] * (scores[j] - mean) : 0;
        }
    });
    __syncthreads();
    for (int example = 0, tasks = 0; example < own.count; example++) {
        const int first = example * length;
        const float* scores = at.scores + first * at.score_stride;
        const float* queries = at.query_key + first * at.projected_stride;
        float* gradients = at.query_key_gradients + first * at.projected_stride;
        tasks = product<EXACT, IN_OUT>(tasks, scores, at.score_stride, length, queries + width, at.projected_stride, width, length,
            [&](int i, int column, float value) { gradients[i * at.projected_stride + column] = value; });
        tasks = transposed_product<EXACT>(tasks, scores, at.score_stride, length, queries, at.projected_stride, width, length,
            [&](int j, int column, float value) { gradients[j * at.projected_stride + width + column] = value; });
    }
    const int extra = round16(2 * width) - 2 * width;
    for (int index = threadIdx.x; index < own.rows * extra; index += HISTORY_THREADS) {
        at.query_key_gradients[index / extra * at.projected_stride + 2 * width + index % extra] = 0;
    }
    __syncthreads();

    // Queries and keys have done their part; dx takes their place.
    float* dx = at.query_key;
    // Their atomic additions first: they run on behind the products of dx.
    const int tasks = transposed_product<EXACT>(0, at.query_key_gradients, at.projected_stride, 2 * width, at.x, at.stride, width, own.rows,
        [&](int row, int column, float value) { atomicAdd(h.first.weight_gradient + row * width + column, value); });
    product<EXACT, IN_OUT>(tasks, at.query_key_gradients, at.projected_stride, own.rows, h.first.weight, width, width, 2 * width,
        [&](int row, int column, float value) {
            dx[row * at.stride + column] = value + at.means[row] * at.vectors[2][row / length * at.stride + column];
        });
    for (int column = threadIdx.x; column < 2 * width; column += HISTORY_THREADS) {
        float sum = 0;
        for (int row = 0; row < own.rows; row++) {
            sum += at.query_key_gradients[row * at.projected_stride + column];
        }
        atomicAdd(h.first.bias_gradient + column, sum);
    }
    __syncthreads();
    const auto gradient = [&](int row, int column) { return dx[row * at.stride + column]; };
    add_position_gradient(h, own, gradient);
    scatter_rows<HISTORY_THREADS>(h.fields, at.found, own.rows, width, at.query_key_gradients, h.copies, gradient);
}

extern "C" __global__ void __launch_bounds__(256, 2) history_self_attention_forward(LARGE_ARGUMENT(History) h) { forward<true>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attention_forward_tf32(LARGE_ARGUMENT(History) h) { forward<false>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attention_backward(LARGE_ARGUMENT(History) h) { backward<true>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attention_backward_tf32(LARGE_ARGUMENT(History) h) { backward<false>(h); }

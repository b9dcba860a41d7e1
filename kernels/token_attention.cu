// The attention of an SA-H block over its n tokens. projected (B, n*4q), q = H*A: per token query | key | value | residual, each (H, A).
//   s[i, j] = q[i] . k[j] / sqrt(A); a = softmax over j; z[b, i, h] = sum_j a[i, j] v[j] + residual[i]; z (B, n*q).
// Forward assigns z and weights (B, H*n*n): a. Backward accumulates the gradient of projected and reads projected and weights.
#include "common/views.cuh"

// Query, key, value or residual (part 0 to 3) of token and head in a row of projected: A floats.
__device__ __forceinline__ float* part_of(float* row, int token, int part, int heads, int head, int width) {
    return row + ((token * 4 + part) * heads + head) * width;
}

__device__ __forceinline__ float dot(const float* a, const float* b, int width) {
    float sum = 0;
    for (int c = 0; c < width; c++) {
        sum = fmaf(a[c], b[c], sum);
    }
    return sum;
}

// A thread owns W of the A outputs of one (b, i, h). It computes the scores twice, which is cheaper than keeping them: A is small.
extern "C" __global__ void __launch_bounds__(256) token_attention_forward(Matrix projected, int tokens, int heads, Matrix z, Matrix weights) {
    int width = z.columns / (tokens * heads); // A
    float scale = 1 / sqrtf((float)width);
    for_each_pack(takes_packs(projected, width) && takes_packs(z, width), z.rows, z.columns, [&](auto pack_width, int row, int column) {
        constexpr int W = decltype(pack_width)::value;
        float* input = projected.row(row);
        int c = column % width;
        int head = column / width % heads;
        int i = column / (width * heads);
        const float* query = part_of(input, i, 0, heads, head, width);
        float maximum = -infinity();
        float sum = 0;
        for (int j = 0; j < tokens; j++) {
            float score = scale * dot(query, part_of(input, j, 1, heads, head, width), width);
            float larger = score > maximum ? score : maximum;
            sum = sum * expf(maximum - larger) + expf(score - larger);
            maximum = larger;
        }
        Pack<W> result = load<W>(part_of(input, i, 3, heads, head, width) + c);
        for (int j = 0; j < tokens; j++) {
            float weight = expf(scale * dot(query, part_of(input, j, 1, heads, head, width), width) - maximum) / sum;
            if (c == 0) {
                weights.row(row)[(head * tokens + i) * tokens + j] = weight;
            }
            Pack<W> value = load<W>(part_of(input, j, 2, heads, head, width) + c);
            for (int k = 0; k < W; k++) {
                result[k] = fmaf(weight, value[k], result[k]);
            }
        }
        store(z.row(row) + column, result);
    });
}

// A block takes `examples` rows. First the gradients of the scores, one thread a (b, h, i), into shared memory (examples, H, n, n); then
// one thread a (b, t, h, c) for query, key, value and residual.
extern "C" __global__ void __launch_bounds__(128) token_attention_backward(Matrix projected, int tokens, int heads, Matrix weights, Matrix dz, Matrix dprojected, int examples) {
    DYNAMIC_SHARED(float, score_gradients);
    int width = dz.columns / (tokens * heads); // A
    float scale = 1 / sqrtf((float)width);
    int first = blockIdx.x * examples;
    int count = min(examples, dz.rows - first);
    int squares = heads * tokens * tokens;

    for (int index = threadIdx.x; index < count * heads * tokens; index += blockDim.x) {
        int b = index / (heads * tokens);
        int head = index / tokens % heads;
        int i = index % tokens;
        float* input = projected.row(first + b);
        const float* attention = weights.row(first + b) + (head * tokens + i) * tokens;
        const float* upstream = dz.row(first + b) + (i * heads + head) * width;
        float* gradient = score_gradients + b * squares + (head * tokens + i) * tokens;
        float mean = 0;
        for (int j = 0; j < tokens; j++) {
            gradient[j] = dot(upstream, part_of(input, j, 2, heads, head, width), width);
            mean = fmaf(attention[j], gradient[j], mean);
        }
        for (int j = 0; j < tokens; j++) {
            gradient[j] = scale * attention[j] * (gradient[j] - mean);
        }
    }
    __syncthreads();

    for (int index = threadIdx.x; index < count * dz.columns; index += blockDim.x) {
        int b = index / dz.columns;
        int column = index % dz.columns;
        int c = column % width;
        int head = column / width % heads;
        int t = column / (width * heads);
        float* input = projected.row(first + b);
        const float* upstream = dz.row(first + b);
        const float* attention = weights.row(first + b) + head * tokens * tokens;
        const float* gradient = score_gradients + b * squares + head * tokens * tokens;
        float query = 0;
        float key = 0;
        float value = 0;
        for (int j = 0; j < tokens; j++) {
            query = fmaf(gradient[t * tokens + j], part_of(input, j, 1, heads, head, width)[c], query);
            key = fmaf(gradient[j * tokens + t], part_of(input, j, 0, heads, head, width)[c], key);
            value = fmaf(attention[j * tokens + t], upstream[(j * heads + head) * width + c], value);
        }
        float* output = dprojected.row(first + b);
        part_of(output, t, 0, heads, head, width)[c] += query;
        part_of(output, t, 1, heads, head, width)[c] += key;
        part_of(output, t, 2, heads, head, width)[c] += value;
        part_of(output, t, 3, heads, head, width)[c] += upstream[column];
    }
}

// Label-aware attention (MIND, Li et al. 2019): the vector of a user for an item, of K vectors. users (B, K*O), items (B, O).
//   a[k] = softmax over k of scale v[k] . e; y = sum_k a[k] v[k]; y (B, O).
// Forward assigns y and weights (B, K): a. Backward accumulates both gradients. One warp an example.
#include "common/reduce.cuh"
#include "common/views.cuh"

__device__ __forceinline__ float warp_dot(const float* a, const float* b, int width) {
    float sum = 0;
    for (int c = lane_index(); c < width; c += WARP) {
        sum = fmaf(a[c], b[c], sum);
    }
    return warp_sum(sum);
}

extern "C" __global__ void __launch_bounds__(256) label_attention_forward(Matrix users, Matrix items, float scale, Matrix weights, Matrix y) {
    int row = (int)(grid_thread() / WARP);
    if (row >= users.rows) {
        return;
    }
    int width = items.columns;
    int interests = weights.columns;
    const float* vectors = users.row(row);
    const float* item = items.row(row);
    float maximum = -infinity();
    float sum = 0;
    for (int k = 0; k < interests; k++) {
        float score = scale * warp_dot(vectors + k * width, item, width);
        float larger = score > maximum ? score : maximum;
        sum = sum * expf(maximum - larger) + expf(score - larger);
        maximum = larger;
    }
    for (int c = lane_index(); c < width; c += WARP) {
        y.row(row)[c] = 0;
    }
    for (int k = 0; k < interests; k++) {
        float weight = expf(scale * warp_dot(vectors + k * width, item, width) - maximum) / sum;
        if (lane_index() == 0) {
            weights.row(row)[k] = weight;
        }
        for (int c = lane_index(); c < width; c += WARP) {
            y.row(row)[c] = fmaf(weight, vectors[k * width + c], y.row(row)[c]);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) label_attention_backward(Matrix users, Matrix items, float scale, Matrix weights, Matrix dy, Matrix dusers, Matrix ditems) {
    int row = (int)(grid_thread() / WARP);
    if (row >= users.rows) {
        return;
    }
    int width = items.columns;
    int interests = weights.columns;
    const float* vectors = users.row(row);
    const float* item = items.row(row);
    const float* upstream = dy.row(row);
    const float* attention = weights.row(row);
    float mean = 0;
    for (int k = 0; k < interests; k++) {
        mean = fmaf(attention[k], warp_dot(upstream, vectors + k * width, width), mean);
    }
    for (int k = 0; k < interests; k++) {
        float score = scale * attention[k] * (warp_dot(upstream, vectors + k * width, width) - mean);
        for (int c = lane_index(); c < width; c += WARP) {
            dusers.row(row)[k * width + c] += attention[k] * upstream[c] + score * item[c];
            ditems.row(row)[c] += score * vectors[k * width + c];
        }
    }
}

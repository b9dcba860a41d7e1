// Self-attention blocks of the towers (towers.cuh): attention over the n states of a row, by the row's warp, a query token and head a lane,
// and back.
#ifndef AUTOTOWER_TOWER_ATTENTION_CUH
#define AUTOTOWER_TOWER_ATTENTION_CUH

#include "common/towers.cuh"

// Eight values of one head.
struct HeadVector {
    __align__(16) float v[HEAD] = {};

    __device__ __forceinline__ HeadVector() {}

    __device__ __forceinline__ explicit HeadVector(const float* source) {
        *reinterpret_cast<float4*>(v) = load_quad(source);
        *reinterpret_cast<float4*>(v + 4) = load_quad(source + 4);
    }

    __device__ __forceinline__ void store(float* destination) const {
        store_quad(destination, *reinterpret_cast<const float4*>(v));
        store_quad(destination + 4, *reinterpret_cast<const float4*>(v + 4));
    }

    __device__ __forceinline__ float dot(const HeadVector& other) const {
        float sum = 0;
        #pragma unroll
        for (int a = 0; a < HEAD; a++) {
            sum = fmaf(v[a], other.v[a], sum);
        }
        return sum;
    }

    // += factor * other
    __device__ __forceinline__ void add(float factor, const HeadVector& other) {
        #pragma unroll
        for (int a = 0; a < HEAD; a++) {
            v[a] = fmaf(factor, other.v[a], v[a]);
        }
    }
};

constexpr float SCORE_SCALE = 0.35355339059327373f; // 1 / sqrt(8)

// The projections of one row: (n, 4, H, 8), four being query, key, value and residual.
struct Projections {
    const float* row;
    int heads;

    __device__ __forceinline__ HeadVector of(int part, int token, int head) const {
        return HeadVector(row + ((token * 4 + part) * heads + head) * HEAD);
    }

    // softmax of the scores of a query token.
    __device__ __forceinline__ void attention(int n, int token, int head, float (&weights)[MOST_INPUTS]) const {
        const HeadVector query = of(0, token, head);
        float largest = -infinity();
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            weights[j] = j < n ? query.dot(of(1, j, head)) * SCORE_SCALE : -infinity();
            largest = fmaxf(largest, weights[j]);
        }
        float total = 0;
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            weights[j] = expf(weights[j] - largest); // 0 past the last token
            total += weights[j];
        }
        const float inverse = 1.0f / total; // A division of zero would take the slow path of the division, a call.
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            weights[j] *= inverse;
        }
    }
};

// What the last layer of a self-attention block reads, (n, H, 8): attention's results with their residuals, a query token and head a lane.
__device__ __forceinline__ void attend_row(const Projections& projections, int n, float* attended, float* saved) {
    const int heads = projections.heads;
    const int token = (unsigned)lane_index() / (unsigned)heads;
    const int head = lane_index() - token * heads;
    if (token < n) {
        float weights[MOST_INPUTS];
        projections.attention(n, token, head, weights);
        HeadVector value = projections.of(3, token, head);
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            if (j < n) {
                value.add(weights[j], projections.of(2, j, head));
            }
        }
        value.store(attended + (token * heads + head) * HEAD);
        if (saved != nullptr) {
            value.store(saved + (token * heads + head) * HEAD);
        }
    }
}

// Gradient of the projections of a row: (n, 4, H, 8) like them, a token and head a lane. upstream (n, H, 8); weights and scores (H, n, n) are
// scratch.
__device__ __forceinline__ void attend_row_backward(
    const Projections& projections, int n, const float* upstream, float* weights, float* scores, float* result) {
    const int heads = projections.heads;
    const int token = (unsigned)lane_index() / (unsigned)heads;
    const int head = lane_index() - token * heads;
    const auto upstream_of = [&](int token) { return HeadVector(upstream + (token * heads + head) * HEAD); };
    const auto place = [&](int part) { return result + ((token * 4 + part) * heads + head) * HEAD; };
    weights += head * n * n;
    scores += head * n * n;
    if (token < n) {
        // As a query: what its weights, and through them its scores, did.
        const HeadVector gradient = upstream_of(token);
        float own[MOST_INPUTS];
        projections.attention(n, token, head, own);
        float of_weight[MOST_INPUTS];
        float along = 0;
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            of_weight[j] = j < n ? gradient.dot(projections.of(2, j, head)) : 0;
            along = fmaf(own[j], of_weight[j], along);
        }
        gradient.store(place(3));
        HeadVector of_query;
        #pragma unroll
        for (int j = 0; j < MOST_INPUTS; j++) {
            if (j < n) {
                const float score = own[j] * (of_weight[j] - along) * SCORE_SCALE;
                weights[token * n + j] = own[j];
                scores[token * n + j] = score;
                of_query.add(score, projections.of(1, j, head));
            }
        }
        of_query.store(place(0));
    }
    __syncwarp();
    if (token < n) {
        // As a key and value: from all queries.
        HeadVector of_key;
        HeadVector of_value;
        #pragma unroll 1
        for (int i = 0; i < n; i++) {
            of_key.add(scores[i * n + token], projections.of(0, i, head));
            of_value.add(weights[i * n + token], upstream_of(i));
        }
        of_key.store(place(1));
        of_value.store(place(2));
    }
    __syncwarp();
}

#endif

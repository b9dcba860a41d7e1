// The corrected batch softmax behind the product of users and items (paper, equations 3 to 5).
//
//   s[i, j] = (u[i] . v[j]) / temperature - log p[j]   P[i] = softmax(s[i])   loss += -1/B sum_i r[i] log P[i, i]
//   g[i, j] = r[i] (P[i, j] - [i = j]) / (B temperature), with which dUsers += g v, dItems += gT u
//
// scores (rows, B): the products u v of `rows` of the B users, from user `first_row` on; log p (B) or null (no correction), rewards r (B)
// or null (all 1), terms (B): scratch. Forward replaces scores by P where they are kept and adds to loss; backward replaces P by g.
// A block owns a row. The logarithm of P[i, i] is taken before the exponential, so that it does not underflow, and summed in double over
// the rows in order by the last block to end, over all launches that make up the batch.
#include "common/completion.cuh"
#include "common/cuda.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;

extern "C" __global__ void __launch_bounds__(256) batch_softmax_forward(
    Matrix scores, int first_row, const float* log_probability, const float* rewards, float temperature, int keep, double* terms,
    float* loss, int* counter) {
    int batch = scores.columns;
    int i = first_row + blockIdx.x;
    float* row = scores.row(blockIdx.x);
    float inverse = 1 / temperature;
    float maximum = -infinity();
    float sum = 0; // of exp(s - maximum) over what this thread has seen
    for (int j = threadIdx.x; j < batch; j += THREADS) {
        float logit = row[j] * inverse - (log_probability == nullptr ? 0 : log_probability[j]);
        if (logit > maximum) {
            sum = sum * expf(maximum - logit) + 1;
            maximum = logit;
        } else {
            sum += expf(logit - maximum);
        }
    }
    float highest = block_max<THREADS>(maximum);
    double total = block_sum<THREADS>(sum == 0 ? 0.0 : (double)(sum * expf(maximum - highest)));
    if (threadIdx.x == 0) {
        float logit = row[i] * inverse - (log_probability == nullptr ? 0 : log_probability[i]);
        terms[i] = (rewards == nullptr ? 1 : rewards[i]) * ((double)logit - highest - log(total));
    }
    __syncthreads();
    if (keep) {
        float normaliser = (float)(1 / total);
        for (int j = threadIdx.x; j < batch; j += THREADS) {
            float logit = row[j] * inverse - (log_probability == nullptr ? 0 : log_probability[j]);
            row[j] = expf(logit - highest) * normaliser;
        }
    }
    if (is_last_block(counter, batch)) {
        double terms_sum = 0;
        for (int k = threadIdx.x; k < batch; k += THREADS) {
            terms_sum += terms[k];
        }
        terms_sum = block_sum<THREADS>(terms_sum);
        if (threadIdx.x == 0) {
            *loss += (float)(-terms_sum / batch);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) batch_softmax_backward(Matrix probabilities, const float* rewards, float temperature) {
    int i = blockIdx.x;
    int batch = probabilities.columns;
    float factor = (rewards == nullptr ? 1 : rewards[i]) / (batch * temperature);
    float* row = probabilities.row(i);
    for (int j = threadIdx.x; j < batch; j += THREADS) {
        row[j] = (row[j] - (i == j ? 1 : 0)) * factor;
    }
}

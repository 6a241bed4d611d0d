// All steps of a recurrent layer on a CUDA device, in one kernel.
//
// With a launch for each product and each formula of each step, the device mostly waits for the next launch.
// Here the thread blocks stay until the last step. Each has its own units, whose weights come from the cache
// of its multiprocessor after the first step, and computes one step as a small matrix product, for LANES
// streams at a time, and the formulas of its units. Then all blocks wait for each other, since the next step
// needs the hidden state of all units:
//
//     forward    sums (streams, GATES * UNITS) = h[t-1] (streams, H) Wh[:, own columns]
//     backward   sums (streams, UNITS)         = da[t+1] (streams, GATES * H) Wh[own rows, :]'
//
// The blocks run at the same time, which only a cooperative launch promises. Numbers from other blocks are
// read as volatile, past the cache of the multiprocessor, which may hold what was there before.
//
// Compiled with these constants:
//     CELL   RNN, LSTM or GRU, with the gates and formulas of `Reference`
//     SIZE   H, number of units
//     UNITS  units of a thread block
//     LANES  streams that a thread block computes at a time, and threads in a warp
//     WARPS  warps in a thread block (LANES, WARPS); each multiplies its part of the inner dimension

enum Cell { RNN, LSTM, GRU };

constexpr int H = SIZE;
constexpr int GATES = CELL == RNN ? 1 : CELL == LSTM ? 4 : 3;
constexpr int GROUPS = (H + UNITS - 1) / UNITS;
constexpr int THREADS = LANES * WARPS;
constexpr int CHUNK = 64;  // of the inner dimension, in shared memory at a time

__device__ int this_thread() { return threadIdx.y * LANES + threadIdx.x; }
__device__ float sigmoid(float x) { return 0.5f * tanhf(0.5f * x) + 0.5f; }

// Wait until all blocks have called it `times` times; `arrived` is 0 at first.
__device__ void wait_for_all(unsigned* arrived, unsigned times) {
    __syncthreads();
    if (this_thread() == 0) {
        __threadfence();
        atomicAdd(arrived, 1);
        while (atomicAdd(arrived, 0) < times * gridDim.x) {}
        __threadfence();
    }
    __syncthreads();
}

// What a thread block computes in a step: some units, for some streams.
struct Item {
    int group, first, streams;  // first stream, and how many from there on, at most LANES

    __device__ Item(int number, int all_streams)
        : group(number % GROUPS), first(number / GROUPS * LANES), streams(min(LANES, all_streams - first)) {}
};
__device__ int items(int streams) { return GROUPS * ((streams + LANES - 1) / LANES); }

// sums (LANES, COLUMNS) = x (streams, INNER) weights (INNER, COLUMNS), where COLUMNS is a multiple of 4.
template <int INNER, int COLUMNS>
__device__ void multiply(const float* x, int streams, const float* weights, float* sums) {
    __shared__ float some[LANES][CHUNK + 1];  // padded, so that the threads of a warp read different banks
    __shared__ float parts[4][WARPS][LANES];
    const int lane = threadIdx.x, warp = threadIdx.y;
    float totals[COLUMNS] = {};
    for (int start = 0; start < INNER; start += CHUNK) {
        for (int j = this_thread(); j < LANES * CHUNK; j += THREADS) {
            const int n = j / CHUNK, k = j % CHUNK;
            const bool there = n < streams && start + k < INNER;
            some[n][k] = there ? ((const volatile float*)x)[n * INNER + start + k] : 0;
        }
        __syncthreads();
        for (int k = warp; k < min(CHUNK, INNER - start); k += WARPS) {
            const float4* row = (const float4*)(weights + (start + k) * COLUMNS);
            const float number = some[lane][k];
#pragma unroll
            for (int c = 0; c < COLUMNS; c += 4) {
                const float4 w = row[c / 4];
                totals[c] += number * w.x;
                totals[c + 1] += number * w.y;
                totals[c + 2] += number * w.z;
                totals[c + 3] += number * w.w;
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int c = 0; c < COLUMNS; c += 4) {
        for (int q = 0; q < 4; q++) parts[q][warp][lane] = totals[c + q];
        __syncthreads();
        for (int q = warp; q < 4; q += WARPS) {
            float total = 0;
            for (int part = 0; part < WARPS; part++) total += parts[q][part][lane];
            sums[lane * COLUMNS + c + q] = total;
        }
        __syncthreads();
    }
}

// The gates of one unit and stream: its numbers in an array (..., GATES * H).
struct Gates {
    float* numbers;  // of the first gate; those of the next are H further
    __device__ Gates(const float* array, long long place, int unit)
        : numbers(const_cast<float*>(array) + place * GATES * H + unit) {}
    __device__ float& operator[](int gate) const { return numbers[gate * H]; }
};

// Forward: h (steps, streams, H) from a (steps, streams, GATES * H), h0 (streams, H) and Wh (H, GATES * H).
// LSTM: also gates like a, and the cells `memory` like h, from c0 like h0. GRU: also gates, and what the
// reset gate scales, `memory`, with the bias bhn (H,). packed (GROUPS, H, columns) is work memory.
extern "C" __launch_bounds__(LANES * WARPS) __global__ void forward(
    const float* a, const float* h0, const float* c0, const float* bhn, const float* Wh, int steps,
    int streams, float* packed, float* gates, float* h, float* memory, unsigned* arrived) {
    constexpr int COLUMNS = (GATES * UNITS + 3) / 4 * 4;
    __shared__ float sums[LANES * COLUMNS];
    for (int j = blockIdx.x * THREADS + this_thread(); j < GROUPS * H * COLUMNS; j += gridDim.x * THREADS) {
        const int column = j % COLUMNS, k = j / COLUMNS % H, gate = column / UNITS;
        const int unit = j / COLUMNS / H * UNITS + column % UNITS;
        packed[j] = gate < GATES && unit < H ? Wh[(k * GATES + gate) * H + unit] : 0;
    }
    wait_for_all(arrived, 1);
    for (int t = 0; t < steps; t++) {
        const long long now = (long long)t * streams, before = now - streams;
        const float* h_before = t ? h + before * H : h0;
        const float* c_before = t ? memory + before * H : c0;
        for (int number = blockIdx.x; number < items(streams); number += gridDim.x) {
            const Item item(number, streams);
            multiply<H, COLUMNS>(h_before + item.first * H, item.streams,
                                 packed + item.group * H * COLUMNS, sums);
            for (int j = this_thread(); j < item.streams * UNITS; j += THREADS) {
                const int stream = item.first + j / UNITS, unit = item.group * UNITS + j % UNITS;
                if (unit >= H) continue;
                const float* sum = sums + j / UNITS * COLUMNS + j % UNITS;  // of the first gate
                const Gates from(a, now + stream, unit), gate(gates, now + stream, unit);
                const int old = stream * H + unit;
                float &y = h[now * H + old], &kept = memory[now * H + old];
                if (CELL == RNN) {
                    y = tanhf(from[0] + sum[0]);
                } else if (CELL == LSTM) {
                    for (int g = 0; g < 3; g++) gate[g] = sigmoid(from[g] + sum[g * UNITS]);
                    gate[3] = tanhf(from[3] + sum[3 * UNITS]);
                    kept = gate[1] * c_before[old] + gate[0] * gate[3];
                    y = gate[2] * tanhf(kept);
                } else {
                    for (int g = 0; g < 2; g++) gate[g] = sigmoid(from[g] + sum[g * UNITS]);
                    kept = sum[2 * UNITS] + bhn[unit];
                    gate[2] = tanhf(from[2] + gate[0] * kept);
                    y = gate[2] + gate[1] * (h_before[old] - gate[2]);
                }
            }
        }
        if (t < steps - 1) wait_for_all(arrived, t + 2);
    }
}

// Backward: da (steps, streams, GATES * H) from dy and h (steps, streams, H), gates and memory as returned by
// `forward`, and h0 and c0 (streams, H). dh and dc (streams, H) are the gradients of the last state, and then
// those of the first. da_hidden, like da, is what reached h[t-1] Wh; only for the GRU it is not da. packed
// (GROUPS, GATES * H, columns) is work memory.
extern "C" __launch_bounds__(LANES * WARPS) __global__ void backward(
    const float* dy, const float* gates, const float* h, const float* memory, const float* h0,
    const float* c0, const float* Wh, int steps, int streams, float* packed, float* da, float* da_hidden,
    float* dh, float* dc, unsigned* arrived) {
    constexpr int COLUMNS = (UNITS + 3) / 4 * 4, INNER = GATES * H;
    __shared__ float sums[LANES * COLUMNS];
    for (int j = blockIdx.x * THREADS + this_thread(); j < GROUPS * INNER * COLUMNS;
         j += gridDim.x * THREADS) {
        const int unit = j / COLUMNS / INNER * UNITS + j % COLUMNS, k = j / COLUMNS % INNER;
        packed[j] = j % COLUMNS < UNITS && unit < H ? Wh[unit * INNER + k] : 0;
    }
    wait_for_all(arrived, 1);
    for (int t = steps - 1; t >= -1; t--) {
        const long long now = (long long)t * streams, after = now + streams, before = now - streams;
        for (int number = blockIdx.x; number < items(streams); number += gridDim.x) {
            const Item item(number, streams);
            if (t < steps - 1)
                multiply<INNER, COLUMNS>(da_hidden + (after + item.first) * INNER, item.streams,
                                         packed + item.group * INNER * COLUMNS, sums);
            for (int j = this_thread(); j < item.streams * UNITS; j += THREADS) {
                const int stream = item.first + j / UNITS, unit = item.group * UNITS + j % UNITS;
                if (unit >= H) continue;
                const int old = stream * H + unit;
                if (t < steps - 1) dh[old] += sums[j / UNITS * COLUMNS + j % UNITS];
                if (t < 0) continue;
                const Gates gate(gates, now + stream, unit), to(da, now + stream, unit);
                const float d = dh[old] + dy[now * H + old], y = h[now * H + old], kept = memory[now * H + old];
                dh[old] = 0;  // all that reaches the step before goes through the product
                if (CELL == RNN) {
                    to[0] = (1 - y * y) * d;
                } else if (CELL == LSTM) {
                    const float i = gate[0], f = gate[1], o = gate[2], g = gate[3], tanh_c = tanhf(kept);
                    const float dcell = dc[old] + d * o * (1 - tanh_c * tanh_c);
                    to[0] = dcell * g * i * (1 - i);
                    to[1] = dcell * (t ? memory[before * H + old] : c0[old]) * f * (1 - f);
                    to[2] = d * tanh_c * o * (1 - o);
                    to[3] = dcell * i * (1 - g * g);
                    dc[old] = dcell * f;
                } else {
                    const float r = gate[0], z = gate[1], n = gate[2];
                    const float y_before = t ? h[before * H + old] : h0[old];
                    const Gates hidden(da_hidden, now + stream, unit);
                    to[2] = d * (1 - z) * (1 - n * n);
                    hidden[0] = to[0] = to[2] * kept * r * (1 - r);
                    hidden[1] = to[1] = d * (y_before - n) * z * (1 - z);
                    hidden[2] = to[2] * r;
                    dh[old] = d * z;
                }
            }
        }
        if (t >= 0) wait_for_all(arrived, steps - t + 1);
    }
}

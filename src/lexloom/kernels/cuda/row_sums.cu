// Sums of rows with the same number on a CUDA device, in a fixed order.
//
// The keys row * 2^32 + place, once sorted, have the places of each row side by side and in order. A thread
// block sums them. No two threads ever add to the same number, so the bits are the same in each run.
//
// How many rows are distinct stays on the device: for each key there is an element of the result, and only the
// first key of a row puts something there. The others put the row -1, which means none, and zeros.
//
// Compiled with these constants:
//     FLOAT  float or double
//     LANES  threads in a warp
//     WARPS  warps in a thread block (LANES, WARPS)

// keys (count,): row * 2^32 + place. Launched with one thread for each row or more.
extern "C" __global__ void list_keys(const long long* rows, int count, long long* keys) {
    const int place = (blockIdx.x * WARPS + threadIdx.y) * LANES + threadIdx.x;
    if (place < count) keys[place] = rows[place] * (1LL << 32) | place;
}

__device__ long long row_of(long long key) { return key >> 32; }  // also of -1

// rows (count,) and sums (count, D), from the sorted keys (count,) and values (count, D). Launched with one
// thread block for each key: each warp sums every WARPS-th place, then the first warp sums the warps.
extern "C" __global__ void sum_rows(const long long* keys, const FLOAT* values, int count, int D,
                                    long long* rows, FLOAT* sums) {
    __shared__ FLOAT parts[WARPS][LANES];
    const int first = blockIdx.x;
    const long long row = row_of(keys[first]);
    const bool none = row < 0 || (first > 0 && row_of(keys[first - 1]) == row);
    if (threadIdx.x == 0 && threadIdx.y == 0) rows[first] = none ? -1 : row;
    sums += (long long)first * D;
    for (int start = 0; start < D; start += LANES) {
        const int d = start + threadIdx.x;
        FLOAT total = 0;
        if (d < D && !none)
            for (int k = first + threadIdx.y; k < count && row_of(keys[k]) == row; k += WARPS)
                total += values[(keys[k] & 0xFFFFFFFF) * D + d];
        parts[threadIdx.y][threadIdx.x] = total;
        __syncthreads();
        if (threadIdx.y == 0 && d < D) {
            for (int warp = 1; warp < WARPS; warp++) total += parts[warp][threadIdx.x];
            sums[d] = total;
        }
        __syncthreads();
    }
}

// matrix[rows[k]] (D,) = values[k] (D,), unless rows[k] is -1. Launched with one thread block for each row.
extern "C" __global__ void write_rows(const long long* rows, const FLOAT* values, int D, FLOAT* matrix) {
    const long long k = blockIdx.x, row = rows[k];
    if (row < 0) return;
    for (int d = threadIdx.y * LANES + threadIdx.x; d < D; d += LANES * WARPS)
        matrix[row * D + d] = values[k * D + d];
}

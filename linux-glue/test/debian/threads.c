// SPDX-License-Identifier: GPL-2.0-only
// 1,000 threads at a time, each of which waits for all.
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 1000 };

static pthread_barrier_t all;
static int seen[THREADS];

int compute(int x) { return x * 21; }

static void* run(void* n) {
    pthread_barrier_wait(&all);
    seen[(long)n]++;
    return n;
}

int main(void) {
    static pthread_t thread[THREADS];
    pthread_attr_t small;
    int ended = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&all, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], &small, run, (void*)i) != 0) return 1;
    for (long i = 0; i < THREADS; i++) {
        void* n;
        pthread_join(thread[i], &n);
        ended += n == (void*)i && seen[i] == 1;
    }
    printf("%d threads, %d\n", ended, compute(2));
    return 3;
}

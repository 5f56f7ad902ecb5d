/* Sets the wall clock of a process back by CLOCK_BACK seconds; the monotonic clock stays as it is. Loaded by LD_PRELOAD. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t seconds_back(void) {
    static time_t seconds = -1;
    if (seconds < 0) {
        const char *text = getenv("CLOCK_BACK");
        seconds = text ? atol(text) : 0;
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *result) {
    int error = (int)syscall(SYS_clock_gettime, clock, result);
    if (!error && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        result->tv_sec -= seconds_back();
    return error;
}

int gettimeofday(struct timeval *result, void *zone) {
    int error = (int)syscall(SYS_gettimeofday, result, zone);
    if (!error && result)
        result->tv_sec -= seconds_back();
    return error;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

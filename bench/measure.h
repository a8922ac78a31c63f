/*
 * What the benchmark programs share: their lines (see meson.build), clocks
 * and medians.
 */
#ifndef POND_BENCH_MEASURE_H
#define POND_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A value with an aim to stay above, to stay below, or with none. */
void measure_at_least(const char *name, double value, const char *unit,
                      double aim);
void measure_at_most(const char *name, double value, const char *unit,
                     double aim);
void measure_plain(const char *name, double value, const char *unit);

/* A line that has no value on this machine, and why. */
void measure_skipped(const char *name, const char *why);

/* Ends the program with err_text() if status is an error. */
void must(int status, const char *what);

/* Processor time: of all threads of this process, and of the calling one. It
 * does not count what other processes do, so it is what ratios are made from
 * where one run is too short to wait for a quiet machine. */
uint64_t measure_process_ns(void);
uint64_t measure_thread_ns(void);

/* Of the one thread of this process that has this name. */
uint64_t measure_named_thread_ns(const char *name);

/* Sorts the values. count > 0. */
double measure_median(double *values, size_t count);

/* A line of /proc/PID/status that is given in kB (such as "RssAnon"), in
 * MB of 10^6 bytes. */
double measure_status_mb(pid_t pid, const char *field);

#endif

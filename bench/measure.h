/*
 * Shared by the benchmark programs: their lines (see meson.build), clocks and
 * medians.
 */
#ifndef POND_BENCH_MEASURE_H
#define POND_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Print a value with an aim to stay above, an aim to stay below, or without an
 * aim. */
void measure_at_least(const char *name, double value, const char *unit,
                      double aim);
void measure_at_most(const char *name, double value, const char *unit,
                     double aim);
void measure_plain(const char *name, double value, const char *unit);

/* Print a line without a value, and the reason why this machine gives none. */
void measure_skipped(const char *name, const char *why);

/* Ends the program with err_text() if status is an error. */
void must(int status, const char *what);

/* Processor time: of all threads of this process, and of the calling one. Other
 * processes do not count, so ratios of processor times hold on a busy machine,
 * too. */
uint64_t measure_process_ns(void);
uint64_t measure_thread_ns(void);

/* Processor time of the one thread of this process with this name. */
uint64_t measure_named_thread_ns(const char *name);

/* Sorts the values. count > 0. */
double measure_median(double *values, size_t count);

/* A line of /proc/PID/status that is given in kB (such as "RssAnon"), in
 * MB of 10^6 bytes. */
double measure_status_mb(pid_t pid, const char *field);

#endif

#include "measure.h"

#include "base/check.h"
#include "base/error.h"
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void print(const char *name, double value, const char *unit,
                  const char *aim, const char *met)
{
    printf("%s\t%.4g\t%s\t%s\t%s\n", name, value, unit, aim, met);
    fflush(stdout);
}

void measure_at_least(const char *name, double value, const char *unit,
                      double aim)
{
    char text[32];
    snprintf(text, sizeof(text), ">=%g", aim);
    print(name, value, unit, text, value >= aim ? "yes" : "no");
}

void measure_at_most(const char *name, double value, const char *unit,
                     double aim)
{
    char text[32];
    snprintf(text, sizeof(text), "<=%g", aim);
    print(name, value, unit, text, value <= aim ? "yes" : "no");
}

void measure_plain(const char *name, double value, const char *unit)
{
    print(name, value, unit, "-", "-");
}

void measure_skipped(const char *name, const char *why)
{
    printf("%s\tskipped\t%s\t-\t-\n", name, why);
    fflush(stdout);
}

void must(int status, const char *what)
{
    if (!status)
        return;
    fprintf(stderr, "%s: %s\n", what, err_text());
    exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    CHECK(!clock_gettime(clock, &now));
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t measure_process_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t measure_thread_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t measure_named_thread_ns(const char *name)
{
    glob_t names;
    uint64_t time_ns = 0;
    CHECK(!glob("/proc/self/task/*/comm", 0, NULL, &names));
    for (size_t i = 0; i < names.gl_pathc; i++) {
        char path[64], line[64];
        FILE *file = fopen(names.gl_pathv[i], "r");
        CHECK(file && fgets(line, sizeof(line), file));
        fclose(file);
        line[strcspn(line, "\n")] = 0;
        if (strcmp(line, name))
            continue;
        snprintf(path, sizeof(path), "%.*sschedstat",
                 (int)strlen(names.gl_pathv[i]) - 4, names.gl_pathv[i]);
        file = fopen(path, "r");
        CHECK(file && fscanf(file, "%" SCNu64, &time_ns) == 1);
        fclose(file);
    }
    globfree(&names);
    return time_ns;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double measure_median(double *values, size_t count)
{
    CHECK(count > 0);
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

double measure_status_mb(pid_t pid, const char *field)
{
    char path[64], line[256];
    double kilobytes = 0;
    size_t length = strlen(field);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    CHECK(file);
    while (fgets(line, sizeof(line), file))
        if (!strncmp(line, field, length) && line[length] == ':')
            kilobytes = strtod(line + length + 1, NULL);
    fclose(file);
    return kilobytes * 1024 / 1e6;
}

/*
 * The packages' licences ask that their texts go with every copy, so the
 * program carries them.
 */
#include "runtime/worker/worker_notice.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int worker_notice_print(const char *option)
{
    bool is_whole = !strcmp(option, "--licenses");
    if (!is_whole && strcmp(option, "--version") != 0) {
        fprintf(stderr, "pond-worker: the node starts this program; by hand "
                        "it knows --version and --licenses\n");
        return 2;
    }
    if (!is_whole)
        printf("pond-worker %s\n", POND_VERSION);
    for (const struct worker_notice *each = worker_notices; each->package;
         each++) {
        printf("%s %s (%s)\n", each->package, each->version, each->licence);
        if (is_whole)
            printf("\n%s\n", each->text);
    }
    return 0;
}

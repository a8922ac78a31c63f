/*
 * What of other people's JavaScript is inside the program, and under which
 * licence. js/packages/bundle.py makes the list at build time.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_NOTICE_H
#define POND_RUNTIME_WORKER_WORKER_NOTICE_H

struct worker_notice {
    /* As npm has them. */
    const char *package, *version, *licence;
    /* The whole licence. */
    const char *text;
};

/* Ends with a zero entry. */
extern const struct worker_notice worker_notices[];

/* Print what option asks for to stdout: "--version" a line a package,
 * "--licenses" their texts. Returns the program's exit code: 2 for another
 * option. */
int worker_notice_print(const char *option);

#endif

/*
 * Options of a command line, from one table that also makes the help text.
 *
 *     --name VALUE   --name=VALUE   -n VALUE   -nVALUE   --flag   --
 *
 * Options and arguments may be mixed; after "--" everything is an argument.
 * The values land in a struct of the caller's, at the offsets the table names,
 * and point into argv.
 *
 * The word after an option that takes a value is that value, whatever it begins
 * with. Of an option that is given twice, the later one counts, but for lists.
 * Names are not abbreviated, and flags' letters not put together (-qk).
 *
 * Errors are ERR_INVALID with a text for the user. No state, no I/O.
 * Thread: any.
 */
#ifndef POND_CLI_OPTIONS_H
#define POND_CLI_OPTIONS_H

#include "base/buffer.h"

/* Times an OPTION_LIST may be given. Variables and gateways are a handful. */
#define OPTION_LIST_MAX 32

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char * */
    OPTION_NUMBER, /* uint64_t, from min to max */
    OPTION_ROE,    /* uint64_t, given in KOII ("1.5"), kept in roe */
    OPTION_LIST,   /* struct option_list: may be given again and again */
};

/* In the order they were given; borrowed from argv. */
struct option_list {
    const char *values[OPTION_LIST_MAX];
    size_t count;
};

/* A table ends with an entry whose name is NULL. Tables are constant, and say
 * everything about an option: what it is called, what it takes, where its value
 * goes, and what the help says. */
struct option {
    const char *name;
    char letter; /* 0: it has none */
    enum option_kind kind;
    size_t offset;        /* of the value in the caller's struct */
    const char *argument; /* its value's name in the help; NULL for flags */
    const char *help;     /* says the default too, where there is one */
    uint64_t min, max;    /* of an OPTION_NUMBER; max 0: none */
};

/* Several tables may hold for one command: its own, and common ones. */
struct option_set {
    const struct option *options;
    void *values; /* zeroed, or holding the defaults */
};

/*
 * Read argv[1] … argv[argc-1]. The arguments that are no options are put at
 * the front of arguments, which has room for argc, and counted. ERR_INVALID
 * names the option, the value and what was expected. Reading ends there:
 * options before it have their values, options after it have not.
 */
int options_parse(const struct option_set *sets, size_t set_count, int argc,
                  char **argv, const char **arguments, size_t *argument_count);

/* The tables as aligned lines of help, appended. */
void options_help(const struct option_set *sets, size_t set_count,
                  struct buffer *out);

/* Text in lines that end before the 80th column, each but the first after an
 * indent of blanks; appended. */
void options_wrap(const char *text, size_t indent, struct buffer *out);

/* A decimal number that fits, and nothing else. ERR_INVALID. */
int options_number(const char *text, uint64_t *out);

/* KOII as people write them ("2", "0.5", ".5", at most nine decimals), in roe.
 * ERR_INVALID, too, for more than 2^64 - 1 roe. */
int options_roe(const char *text, uint64_t *out);

/* Append roe as KOII ("1.5"): no more decimals than it takes. */
void options_roe_text(uint64_t roe, struct buffer *out);

/* How many letters must change to make one word the other: for "did you
 * mean". Words over 32 letters are as far apart as can be. */
unsigned options_distance(const char *a, const char *b);

#endif

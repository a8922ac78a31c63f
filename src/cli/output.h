/*
 * What a command has to say, once: records of named values, printed as aligned
 * text for people or, with --json, as one JSON object a line.
 *
 *     output_text(output, "address", text);
 *     output_roe(output, "balance_roe", 1500000000);
 *     output_record(output);                     // the record is complete
 *     output_print(output);
 *
 * The names are JSON's. As text a single record stands in lines "name: value",
 * several make a table with a heading; a name's underscores become spaces, and
 * amounts are printed in KOII, without "roe" in their name. Nothing that stands
 * in a text reaches the terminal as a control character.
 *
 * Thread: one at a time, the command's.
 */
#ifndef POND_CLI_OUTPUT_H
#define POND_CLI_OUTPUT_H

#include "base/arena.h"
#include "base/buffer.h"
#include <stdio.h>

/* Fields of one record: a round of the largest private network has 65. More is
 * a mistake of the command's (CHECKed). */
#define OUTPUT_FIELDS_MAX 65

struct output_row;

/*
 * Invariants:
 *
 * 1. first to last are the records that are complete, in order; both are NULL
 *    or neither is.
 * 2. open is the record that is being made, NULL between records; it is in no
 *    list.
 * 3. With is_secret set before the first field, nothing of the fields is left
 *    in memory after output_print() or output_drop().
 * 4. Records, texts and JSON lie in the arena and go with it all at once; names
 *    are borrowed.
 */
struct output {
    bool json;
    bool is_secret;    /* set for a command's run: memory is wiped */
    bool is_list;      /* a table even where there is one record or none */
    const char *empty; /* the text of a list without records */
    struct arena arena;
    struct output_row *first, *last, *open;
};

/* Zero-initialise, set json; list: at the command's beginning, with what is to
 * be said to people when there are no records. */
void output_list(struct output *output, const char *empty);

/* A field of the record that is being made. Names must outlive the output;
 * values are copied. NULL is null, and a dash for people. */
void output_text(struct output *output, const char *name, const char *value);
void output_u64(struct output *output, const char *name, uint64_t value);
void output_i64(struct output *output, const char *name, int64_t value);
void output_bool(struct output *output, const char *name, bool value);
/* name ends in "_roe". Any amount: it may be what an endpoint says. */
void output_roe(struct output *output, const char *name, uint64_t roe);
void output_roe_signed(struct output *output, const char *name, int64_t roe);
/* An amount of a token: base units as JSON, tokens as text. */
void output_units(struct output *output, const char *name, uint64_t units,
                  unsigned decimals);
/* As text, text made harmless; as JSON, the JSON text. */
void output_json(struct output *output, const char *name, const char *text,
                 struct bytes json);

/* Append a stranger's text as it may go to a terminal: bytes of control
 * characters (C0, DEL, C1) and of what is not UTF-8 are written out, ESC as
 * "\x1b". All texts of fields go through it; what a command prints past the
 * output has to. kept: control characters to leave as they are, "\n\t" for a
 * text of several lines. */
void output_harmless(struct bytes text, const char *kept, struct buffer *out);

/* The record is complete. */
void output_record(struct output *output);

/* Write everything to stdout, flush it and begin anew; frees what it held. No
 * record may be open (CHECKed). main() asks whether stdout took it. A
 * command that fails before it gets here prints nothing. */
void output_print(struct output *output);

/* Free what was not printed. */
void output_drop(struct output *output);

#endif

/*
 * What the operator has chosen of a node's options while it runs (on its page,
 * or by `pond node set`), in the journal's file.
 *
 * The newest word counts. A choice stands beside what the node had been given
 * at its start when it was made, by the command line or by a settings file. It
 * counts as long as the node is given the same; whoever gives it something
 * else has spoken later, and the choice is over.
 *
 * Most choices are taken up at the next start: their value and the one in force
 * differ until then.
 *
 * Thread: the loop's. Writes go to the journal's writer.
 */
#ifndef POND_NODE_OWNER_CHOICE_BOOK_H
#define POND_NODE_OWNER_CHOICE_BOOK_H

#include "node/owner/setting_write.h"

/* Bytes of a value. */
#define CHOICE_SIZE_MAX 4096
/* Gateways that may be chosen: half of the places that there are for sources
 * (reach/source_list.h). */
#define CHOICE_GATEWAYS_MAX 16

/* How each is written down stands in choice_book.c. */
enum choice {
    CHOICE_NETWORK,     /* its name */
    CHOICE_PUBLIC_URL,  /* as peers are given it */
    CHOICE_PORT,        /* of the node port; 0: any free one */
    CHOICE_STORE_LIMIT, /* MiB */
    CHOICE_GATEWAYS,    /* URLs with blanks between them; "": none */
    CHOICE_WEBHOOK,     /* a URL; "": none. At once. */
    CHOICE_QUIET,       /* kinds of notices that are not sent on. At once. */
    CHOICES,
};

const char *choice_name(enum choice choice);
/* ERR_NOT_FOUND names those that there are. */
int choice_parse(const char *name, enum choice *out);

/* Is it a value of this kind? Whether a network of the name is known is others'
 * to look at. ERR_INVALID, ERR_LIMIT. */
int choice_check(enum choice choice, const char *value);

/* Is it one of the words of a list with blanks between them? */
bool choice_has_word(const char *list, const char *word);

struct choice_book;

/* Both are borrowed. Blocks. What can't be read is logged, and counts as not
 * chosen. Errors are the journal's. */
int choice_book_open(struct journal *journal, struct journal_writer *writer,
                     struct choice_book **out);
void choice_book_close(struct choice_book *book); /* NULL is allowed */

/* Once for each, at the start: what counts from now on. given: what the node
 * was given; NULL: nothing. The text is valid until the choice is set. */
const char *choice_book_settle(struct choice_book *book, enum choice choice,
                               const char *given);

/* It is as if it had not been chosen. Before choice_book_settle(). */
void choice_book_drop(struct choice_book *book, enum choice choice);

/* NULL: back to what was given. done comes once it is written, and not where
 * an error is returned (those of choice_check()). */
int choice_book_set(struct choice_book *book, enum choice choice,
                    const char *value, setting_written *done, void *user);

/* Texts are NULL where there is none, and valid as above. */
struct choice_view {
    const char *value; /* what counts, at the latest from the next start on */
    const char *used;  /* what has counted since the start */
    const char *given;
    bool is_chosen;
};
struct choice_view choice_book_look(const struct choice_book *book,
                                    enum choice choice);

/* Is anything taken up at the next start alone? */
bool choice_book_waits(const struct choice_book *book);

#endif

/*
 * A reader of CARv1 archives (car_format.h), fed in pieces: pure, no I/O.
 */
#ifndef POND_STORAGE_FORMAT_CAR_PARSER_H
#define POND_STORAGE_FORMAT_CAR_PARSER_H

#include "storage/format/car_format.h"

struct car_parser {
    /* Bytes fed and not dropped yet: at most a section and a piece. */
    struct buffer input;
    /* How much of input was handed out already. */
    size_t consumed;
    /* False until the header was taken. */
    bool header_read;
    /* Owned; valid after the first section or the end. */
    struct cid *roots;
    size_t root_count;
    /* In the archive, of what is next: for errors. */
    uint64_t offset;
};
void car_parser_init(struct car_parser *parser);
void car_parser_free(struct car_parser *parser);
void car_parser_feed(struct car_parser *parser, struct bytes piece);
/* The next section: 1 and *cid, *data (valid until the next call), 0 if more
 * input is needed, or an error. Blocks are not yet verified. */
int car_parser_next(struct car_parser *parser, struct cid *cid,
                    struct bytes *data);
/* At the end of the input: ERR_INVALID if it ends inside a section. */
int car_parser_end(const struct car_parser *parser);

#endif

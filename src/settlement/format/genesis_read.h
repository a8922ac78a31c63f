/*
 * What the files that read a genesis share. Errors name the field.
 */
#ifndef POND_SETTLEMENT_FORMAT_GENESIS_READ_H
#define POND_SETTLEMENT_FORMAT_GENESIS_READ_H

#include "base/json.h"
#include "settlement/format/genesis.h"

/* A field that holds a key in base58. ERR_NOT_FOUND, ERR_INVALID. */
int genesis_read_key(struct json_object *object, const char *name,
                     struct pubkey *out);

/* A field that holds a number between two bounds, both included. ERR_NOT_FOUND,
 * ERR_INVALID, ERR_RANGE. */
int genesis_read_number(struct json_object *object, const char *name,
                        uint64_t least, uint64_t most, uint64_t *out);

/* The same for a field that may be absent: *out is then `without`. */
int genesis_read_optional(struct json_object *object, const char *name,
                          uint64_t least, uint64_t most, uint64_t without,
                          uint64_t *out);

/* 0 for ERR_NOT_FOUND; what was to be read stays as it is. */
int genesis_absent_is_fine(int status);

/* ERR_INVALID if a file of form 1 has one of these fields of form 2. */
int genesis_refuse_newer(struct json_object *object, const char *const *names,
                         size_t count);

/* The field "validators", for a genesis whose form and minimum stake are known.
 * The validators lie in the arena. Errors as genesis_parse(). */
int genesis_read_validators(struct json_object *root, struct arena *arena,
                            struct genesis *out);

#endif

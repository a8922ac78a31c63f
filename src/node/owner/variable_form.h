/*
 * What labels, names and values of variables may be (variable_book.h has the
 * limits). Pure. ERR_INVALID, ERR_LIMIT.
 */
#ifndef POND_NODE_OWNER_VARIABLE_FORM_H
#define POND_NODE_OWNER_VARIABLE_FORM_H

#include "base/bytes.h"

/* 1 to VARIABLE_LABEL_SIZE_MAX bytes of UTF-8 without control characters. */
int variable_form_label(const char *label);

/* POSIX's names of environment variables, small letters as well. */
int variable_form_name(const char *name);

/* UTF-8 without a NUL: what an environment can hold. */
int variable_form_value(struct bytes value);

#endif

/*
 * The media type of a file that has only a name and bytes to go by.
 */
#ifndef POND_STORAGE_SERVE_GATEWAY_TYPE_H
#define POND_STORAGE_SERVE_GATEWAY_TYPE_H

#include "base/bytes.h"

/* The number of bytes that gateway_type_by_content() needs. */
#define GATEWAY_SNIFF_BYTES 512

/* The type by what follows the last dot; NULL if that is unknown. */
const char *gateway_type_by_name(struct bytes path);

/* By the first bytes: a few signatures, text if it is UTF-8 without control
 * characters, else application/octet-stream. */
const char *gateway_type_by_content(struct bytes beginning);

#endif

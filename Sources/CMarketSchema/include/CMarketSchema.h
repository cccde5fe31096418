#ifndef CMARKETSCHEMA_H
#define CMARKETSCHEMA_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// A file of SQL, compiled in.
struct guildhall_sql {
    /// Of the file, without its ending.
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

/// schema.sql.
struct guildhall_sql guildhall_schema(void);

/// How many files migrations/ has.
size_t guildhall_steps(void);

/// One of them, by its place from 0.
struct guildhall_sql guildhall_step(size_t place);

#pragma clang assume_nonnull end

#endif

package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"garant.example/internal/db"
)

// usageError says what a domain did wrong.
func usageError(format string, args ...any) error {
	return fmt.Errorf("%w: postgres: "+format, append([]any{db.ErrUsage}, args...)...)
}

// encode appends an argument in the binary form of the parameter's type. null
// says that it is NULL.
func encode(buf []byte, oid uint32, arg any) (_ []byte, null bool, err error) {
	switch v := arg.(type) {
	case nil:
		return buf, true, nil
	case []byte:
		if v == nil {
			return buf, true, nil
		}
		if oid != pgtype.ByteaOID {
			return buf, false, usageError("bytes for a parameter of type %d", oid)
		}
		return append(buf, v...), false, nil
	case string:
		return encodeText(buf, oid, v)
	case int64:
		return encodeInt(buf, oid, v)
	case int:
		return encodeInt(buf, oid, int64(v))
	case uint64:
		if v > math.MaxInt64 {
			return buf, false, usageError("%T is too large", v)
		}
		return encodeInt(buf, oid, int64(v))
	case bool:
		n := int64(0)
		if v {
			n = 1
		}
		if oid == pgtype.BoolOID {
			return append(buf, byte(n)), false, nil
		}
		return encodeInt(buf, oid, n)
	case float64:
		if oid == pgtype.Float8OID {
			return binary.BigEndian.AppendUint64(buf, math.Float64bits(v)), false, nil
		}
		return encodeOther(buf, oid, v)
	case *int64:
		return encodePointer(buf, oid, v)
	case *string:
		return encodePointer(buf, oid, v)
	case *bool:
		return encodePointer(buf, oid, v)
	case *float64:
		return encodePointer(buf, oid, v)
	}
	return buf, false, usageError("argument of type %T", arg)
}

func encodePointer[T int64 | string | bool | float64](buf []byte, oid uint32, v *T) ([]byte, bool, error) {
	if v == nil {
		return buf, true, nil
	}
	return encode(buf, oid, *v)
}

func encodeText(buf []byte, oid uint32, v string) ([]byte, bool, error) {
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID:
	default:
		return buf, false, usageError("a text for a parameter of type %d", oid)
	}
	if !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
		return buf, false, usageError("a text that is not UTF-8 or holds a zero byte")
	}
	return append(buf, v...), false, nil
}

func encodeInt(buf []byte, oid uint32, v int64) ([]byte, bool, error) {
	switch oid {
	case pgtype.Int8OID:
		return binary.BigEndian.AppendUint64(buf, uint64(v)), false, nil
	case pgtype.Int4OID:
		if v < math.MinInt32 || v > math.MaxInt32 {
			return buf, false, usageError("a number too large for its column")
		}
		return binary.BigEndian.AppendUint32(buf, uint32(int32(v))), false, nil
	case pgtype.Int2OID:
		if v < math.MinInt16 || v > math.MaxInt16 {
			return buf, false, usageError("a number too large for its column")
		}
		return binary.BigEndian.AppendUint16(buf, uint16(int16(v))), false, nil
	case pgtype.Float8OID:
		return binary.BigEndian.AppendUint64(buf, math.Float64bits(float64(v))), false, nil
	}
	return encodeOther(buf, oid, v)
}

// encodeOther is for rare types of numbers, such as numeric.
func encodeOther(buf []byte, oid uint32, v any) ([]byte, bool, error) {
	switch oid {
	case pgtype.NumericOID, pgtype.Float4OID, pgtype.OIDOID:
	default:
		return buf, false, usageError("%T for a parameter of type %d; write a CAST", v, oid)
	}
	out, err := pgtype.NewMap().Encode(oid, pgtype.BinaryFormatCode, v, buf)
	if err != nil {
		return buf, false, usageError("%v", err)
	}
	return out, false, nil
}

// decode copies one column to its destination.
func decode(field *pgconn.FieldDescription, src []byte, dest any) error {
	if src == nil {
		return setNull(dest)
	}
	switch d := dest.(type) {
	case *int64:
		return decodeInt(field, src, d)
	case *[]byte:
		return decodeBytes(field, src, d)
	case *string:
		return decodeText(field, src, d)
	case *bool:
		return decodeBool(field, src, d)
	case *float64:
		return decodeFloat(field, src, d)
	case *int:
		var n int64
		err := decodeInt(field, src, &n)
		*d = int(n)
		return err
	case **int64:
		*d = new(int64)
		return decodeInt(field, src, *d)
	case **string:
		*d = new(string)
		return decodeText(field, src, *d)
	case **bool:
		*d = new(bool)
		return decodeBool(field, src, *d)
	case **float64:
		*d = new(float64)
		return decodeFloat(field, src, *d)
	case **[]byte:
		*d = new([]byte)
		return decodeBytes(field, src, *d)
	}
	return usageError("destination of type %T", dest)
}

func setNull(dest any) error {
	switch d := dest.(type) {
	case *[]byte:
		*d = nil
	case **int64:
		*d = nil
	case **string:
		*d = nil
	case **bool:
		*d = nil
	case **float64:
		*d = nil
	case **[]byte:
		*d = nil
	default:
		return usageError("a column is NULL and %T cannot be", dest)
	}
	return nil
}

func decodeInt(field *pgconn.FieldDescription, src []byte, d *int64) error {
	switch field.DataTypeOID {
	case pgtype.Int8OID:
		*d = int64(binary.BigEndian.Uint64(src))
	case pgtype.Int4OID:
		*d = int64(int32(binary.BigEndian.Uint32(src)))
	case pgtype.OIDOID:
		*d = int64(binary.BigEndian.Uint32(src))
	case pgtype.Int2OID:
		*d = int64(int16(binary.BigEndian.Uint16(src)))
	case pgtype.BoolOID:
		*d = int64(src[0])
	case pgtype.NumericOID: // sum() of whole numbers
		return scanOther(field, src, d)
	default:
		return mismatch(field, "an integer")
	}
	return nil
}

func decodeBool(field *pgconn.FieldDescription, src []byte, d *bool) error {
	var n int64
	if err := decodeInt(field, src, &n); err != nil {
		return mismatch(field, "true or false")
	}
	*d = n != 0
	return nil
}

func decodeFloat(field *pgconn.FieldDescription, src []byte, d *float64) error {
	switch field.DataTypeOID {
	case pgtype.Float8OID:
		*d = math.Float64frombits(binary.BigEndian.Uint64(src))
		return nil
	case pgtype.Float4OID:
		*d = float64(math.Float32frombits(binary.BigEndian.Uint32(src)))
		return nil
	case pgtype.NumericOID:
		return scanOther(field, src, d)
	}
	var n int64
	if err := decodeInt(field, src, &n); err != nil {
		return mismatch(field, "a real number")
	}
	*d = float64(n)
	return nil
}

func decodeText(field *pgconn.FieldDescription, src []byte, d *string) error {
	if !isText(field.DataTypeOID) {
		return mismatch(field, "a text")
	}
	*d = string(src)
	return nil
}

func decodeBytes(field *pgconn.FieldDescription, src []byte, d *[]byte) error {
	if field.DataTypeOID != pgtype.ByteaOID && !isText(field.DataTypeOID) {
		return mismatch(field, "bytes")
	}
	*d = append(make([]byte, 0, len(src)), src...)
	return nil
}

func isText(oid uint32) bool {
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID:
		return true
	}
	return false
}

func scanOther(field *pgconn.FieldDescription, src []byte, dest any) error {
	if err := pgtype.NewMap().Scan(field.DataTypeOID, field.Format, src, dest); err != nil {
		return usageError("column %s: %v", field.Name, err)
	}
	return nil
}

func mismatch(field *pgconn.FieldDescription, want string) error {
	return usageError("column %s is of type %d, asked for %s", field.Name, field.DataTypeOID, want)
}

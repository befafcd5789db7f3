import SwiftProtobuf

// The generated code keeps bytes in a type of Foundation's, which a core does not name. These two go
// between that type and arrays.

func field<Field: SwiftProtobufContiguousBytes>(_ bytes: [UInt8]) -> Field { Field(bytes) }

func byteCount(_ field: some SwiftProtobufContiguousBytes) -> Int { field.count }

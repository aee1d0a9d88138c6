//! From syntax to meaning: finds the field, and every fault.

use super::model::{Unit, UpdatedAt};
use super::parse::{MARK, is_mark, units};
use crate::faults::Faults;
use crate::nearest::{listed, suggestion};
use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, Member, Type};

/// A field as far as this derive sees it.
struct Field {
    member: Member,
    ty: Type,
    marks: Vec<Attribute>,
}

pub(super) fn check(input: DeriveInput) -> syn::Result<UpdatedAt> {
    let DeriveInput {
        ident: name,
        generics,
        data,
        attrs,
        ..
    } = input;
    let mut faults = Faults::default();
    for mark in attrs.iter().filter(|it| is_mark(it)) {
        faults.on(
            mark,
            "`#[updated_at]` stands on the field that holds the time",
        );
    }
    let fields = match data {
        Data::Struct(data) => fields(data.fields),
        Data::Enum(data) => {
            let message =
                "`HasUpdatedAt` cannot be derived for an enum: implement it, with a `match`";
            return Err(faults.and(Error::new(data.enum_token.span, message)));
        }
        Data::Union(data) => {
            let message =
                "`HasUpdatedAt` cannot be derived for a union: nobody knows which field it holds";
            return Err(faults.and(Error::new(data.union_token.span, message)));
        }
    };
    let units: Vec<Unit> = fields.iter().map(|it| unit(it, &mut faults)).collect();
    let found = find(&name, &fields, &mut faults);
    let found = found.map(|index| (index, units[index]));
    match (found, faults.into_result()) {
        (_, Err(error)) => Err(error),
        (Some((index, unit)), Ok(())) => {
            let Field { member, ty, .. } = fields.into_iter().nth(index).expect("it was found");
            Ok(UpdatedAt {
                name,
                generics,
                member,
                ty,
                unit,
            })
        }
        (None, Ok(())) => unreachable!("that there is none is a fault"),
    }
}

fn fields(fields: Fields) -> Vec<Field> {
    let members: Vec<_> = fields.members().collect();
    let with_marks = members
        .into_iter()
        .zip(fields)
        .map(|(member, field)| Field {
            member,
            ty: field.ty,
            marks: field.attrs.into_iter().filter(is_mark).collect(),
        });
    with_marks.collect()
}

/// The field that is marked, else the one that has the name.
fn find(name: &Ident, fields: &[Field], faults: &mut Faults) -> Option<usize> {
    let marked: Vec<_> = (0..fields.len())
        .filter(|index| !fields[*index].marks.is_empty())
        .collect();
    if let Some((first, others)) = marked.split_first() {
        for other in others {
            let message = "only one field can be marked: another is already";
            faults.on(&fields[*other].marks[0], message);
        }
        return Some(*first);
    }
    let is_named = |field: &Field| matches!(&field.member, Member::Named(name) if name == MARK);
    let named = fields.iter().position(is_named);
    if named.is_none() {
        let names: Vec<_> = fields.iter().filter_map(Field::name).collect();
        let nearest = suggestion(MARK, &names);
        faults.on(
            name,
            format!("no field is called `updated_at`{nearest} mark the one that holds the time: `#[updated_at]`"),
        );
    }
    named
}

impl Field {
    fn name(&self) -> Option<String> {
        match &self.member {
            Member::Named(name) => Some(name.to_string()),
            Member::Unnamed(_) => None,
        }
    }
}

/// What a field is marked to hold.
fn unit(field: &Field, faults: &mut Faults) -> Unit {
    let Some((mark, others)) = field.marks.split_first() else {
        return Unit::Time;
    };
    for other in others {
        faults.on(other, "this field is marked already");
    }
    let names = match units(mark) {
        Ok(names) => names,
        Err(error) => {
            faults.add(error);
            return Unit::Time;
        }
    };
    let mut found = None;
    for name in names {
        let known = Unit::NAMED.iter().find(|(known, _)| name == known);
        match known {
            Some(_) if found.is_some() => {
                faults.on(&name, "a field has one unit: another is given already");
            }
            Some((_, unit)) => found = Some(*unit),
            None => {
                let all = Unit::NAMED.map(|(known, _)| known.to_owned());
                let (nearest, all) = (suggestion(&name.to_string(), &all), listed(&all));
                faults.on(
                    &name,
                    format!("unknown unit `{name}`{nearest} allowed are {all}, and none for what is a time"),
                );
            }
        }
    }
    found.unwrap_or(Unit::Time)
}
